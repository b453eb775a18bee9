/** What the lab asks its collector repeatedly. docs/tutorial/lab.md explains the answers. */
export const QUESTIONS: readonly (readonly [question: string, sql: string])[] = [
  [
    'Who talks most?',
    `SELECT client, server, if(app_protocol = '', transport, app_protocol) AS application,
      count() AS conversations,
       formatReadableSize(sum(client_bytes + server_bytes)) AS volume
FROM conversations WHERE mirror_session = 10
GROUP BY client, server, application
ORDER BY sum(client_bytes + server_bytes) DESC LIMIT 6`,
  ],
  [
    'Which connections fail? (REJ refused, S0 unanswered)',
    `SELECT client, server, server_port AS port, tcp_state AS state, count() AS attempts,
      formatDateTime(max(first_seen), '%T') AS last
FROM conversations WHERE mirror_session = 10 AND tcp_state IN ('REJ', 'S0')
GROUP BY client, server, port, state
ORDER BY attempts DESC LIMIT 6`,
  ],
];
