/** A bare engine that the starter becomes: it runs each statement it is sent, and reports the result. */
import { createRequire } from 'node:module';

const { root, data } = JSON.parse(process.argv[2]);
const { Session } = createRequire(`${root}/package.json`)('chdb');
const session = new Session(data);
process.on('message', async (sql) => {
  try {
    process.send({ text: (await session.queryAsync(sql, { format: 'TabSeparatedRaw' })).text() });
  } catch (error) {
    process.send({ text: error.message });
  }
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.send({ text: process.argv[3] });
