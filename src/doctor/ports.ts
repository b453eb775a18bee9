/** The doctor's findings about the UDP ports of the inputs: whether somebody else has them. */
import { AF_INET, AF_INET6 } from '../linux/address.js';
import { LinuxError } from '../linux/errors.js';
import { udpPortHolder } from '../linux/port-holder.js';
import { closeSocket } from '../linux/socket.js';
import { holdUdpPort } from '../linux/udp-socket.js';
import type { UdpInput } from '../model/inputs.js';
import { bad, type Finding, good, poor } from './finding.js';

/**
 * @param raw whether sockets are to receive; a ring takes packets whoever has the port
 * @param collector the process id of the running collector, which may have them
 */
export function portFindings(
  inputs: readonly UdpInput[],
  raw: boolean,
  collector: number | undefined,
): Finding[] {
  return inputs.map((input) => portFinding(input, raw, collector));
}

function portFinding({ kind, port }: UdpInput, raw: boolean, collector: number | undefined): Finding {
  const subject = `UDP port ${port}`;
  const code = whyNot(port);
  if (code === undefined) return good(subject, `is free, for ${kind}`);
  if (code === 'EACCES')
    return (raw ? bad : poor)(
      subject,
      `ports below 1024 take CAP_NET_BIND_SERVICE, which this process has not, for ${kind}`,
      'list another port',
    );
  if (code !== 'EADDRINUSE') return bad(subject, `cannot be had, for ${kind}: ${code}`);
  const holder = udpPortHolder(port);
  if (holder.kind === 'process' && holder.name === String(collector))
    return good(subject, `is the running collector's, for ${kind}`);
  if (!raw) return poor(subject, `is held by ${holder.words}, which gets what arrives there as well`);
  return bad(
    subject,
    `is held by ${holder.words}: collect cannot receive ${kind} there`,
    holder.release ?? `ss -ulpn 'sport = :${port}'`,
  );
}

/** The error's name; undefined if the port can be had. */
function whyNot(port: number): string | undefined {
  for (const family of [AF_INET, AF_INET6]) {
    try {
      closeSocket(holdUdpPort(family, port));
    } catch (e) {
      if (!(e instanceof LinuxError)) throw e;
      // A host without IPv6.
      if (e.code !== 'EAFNOSUPPORT') return e.code;
    }
  }
  return undefined;
}
