/** The man page, in the macros of man(7). */
import { EXAMPLES, type Example } from './examples.js';
import { all, type CommandWords, type OptionWords } from './words.js';

/** @param date of the page, `2026-01-31` */
export function manPage(program: CommandWords, version: string, date: string): string {
  const name = program.path[0];
  const commands = all(program).filter((c) => c !== program && c.commands.length === 0);
  return `${[
    `.TH ${name.toUpperCase()} 1 ${date} "${name} ${version}" "User Commands"`,
    '.SH NAME',
    `${name} \\- ${roff(firstSentence(program.description))}`,
    '.SH SYNOPSIS',
    ...commands.flatMap((c, i) => [
      ...(i > 0 ? ['.br'] : []),
      `.B ${roff(c.path.join(' '))}`,
      roff(usageRest(c)),
    ]),
    '.SH DESCRIPTION',
    roff(program.description),
    ...options(program),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH EXIT STATUS',
    '.TP\n0\ndone',
    '.TP\n1\nfailed',
    '.TP\n2\nwrong usage, configuration or installation; the message names the option, ' +
      'the file with line and key, or what does not load',
    '.SH ENVIRONMENT',
    '.TP\nNO_COLOR\nno colours on a terminal',
    '.TP\nCOLUMNS\nthe width of the terminal; a wider table is printed with one value per line',
    '.TP\nMIRRORLAKE_STORE',
    'the store without --store and --config: a directory, or a URL',
    '.TP\nMIRRORLAKE_STORE_USER, MIRRORLAKE_STORE_PASSWORD, MIRRORLAKE_STORE_TOKEN',
    'credentials that the URL of the store lacks; with _FILE appended, a file that holds them',
    '.SH FILES',
    '.TP\n/etc/mirrorlake.yaml\nthe configuration of the systemd unit',
    '.TP\n/run/mirrorlake/control.sock, ./data/control.sock\n' +
      'where commands look for a running collector, in this order',
    '.TP\n\\&./data\nthe store if none is named and no collector is running',
    '.TP\ndocs/\nthe documentation, installed with the program: mirrorlake \\-\\-help says where. ' +
      'It has tutorials, how\\-tos, and every column, configuration key, metric and limit',
    '.SH EXAMPLES',
    ...EXAMPLES.flatMap(example).slice(0, -1),
    '.SH SEE ALSO',
    SEE_ALSO.map((page) => page.replace(/^(.*)\((.*)\)$/, '.BR $1 ($2)')).join(' ,\n'),
  ].join('\n')}\n`;
}

/** Pages of the programs whose words it uses. */
const SEE_ALSO = ['clickhouse-client(1)', 'ip-tunnel(8)', 'tcpdump(1)', 'pcap-filter(7)', 'wireshark(1)'];

function example({ what, lines }: Example): string[] {
  return [roff(what), '.PP', '.nf', '.RS 4', ...lines.map(roff), '.RE', '.fi', '.PP'];
}

function section(c: CommandWords): string[] {
  return [
    `.SS "${roff(c.path.slice(1).join(' '))}"`,
    roff(c.description || c.summary),
    ...c.arguments.flatMap((a) => ['.TP', `.I ${roff(a.name)}`, roff(a.description)]),
    ...options(c),
  ];
}

function options(c: CommandWords): string[] {
  return c.options.flatMap((o: OptionWords) => ['.TP', `.B ${roff(o.flags)}`, roff(o.description)]);
}

function usageRest(c: CommandWords): string {
  return c.usage.slice(c.path.join(' ').length + 1);
}

function firstSentence(text: string): string {
  return text.replace(/\.$/, '');
}

/** roff interprets backslashes, hyphens and leading dots, and replaces quotation marks. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll(/^\./gm, '\\&.');
}
