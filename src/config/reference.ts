/** The reference page of the configuration (docs/reference/config.md), made from the schema. */
import { z } from 'zod';
import { configSchema, groupSchema, mirrorSchema, policySchema, tunnelSchema } from './schema.js';

interface Key {
  readonly name: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** Defaults appear as numbers of bytes and seconds, as they are after parsing. */
function keysOf(schema: z.ZodObject, prefix = ''): Key[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const type = field as z.ZodType;
    const inner = innermost(type);
    const meaning = type.description ?? '';
    if (inner instanceof z.ZodObject) {
      return [{ name: `${prefix}${name}`, fallback: '', meaning }, ...keysOf(inner, `${prefix}${name}.`)];
    }
    return [{ name: `${prefix}${name}`, fallback: defaultOf(type), meaning }];
  });
}

function innermost(type: z.ZodType): z.ZodType {
  return type instanceof z.ZodOptional || type instanceof z.ZodDefault || type instanceof z.ZodPrefault
    ? innermost(type.unwrap() as z.ZodType)
    : type;
}

function defaultOf(type: z.ZodType): string {
  if (type instanceof z.ZodOptional) return '';
  // The default is parsed after it is chosen: show it as it would be written.
  if (type instanceof z.ZodPrefault) return JSON.stringify(type.def.defaultValue);
  const result = type.safeParse(undefined);
  if (!result.success) return 'required';
  return JSON.stringify(result.data);
}

function table(keys: readonly Key[]): string {
  const rows = keys.map((k) => {
    const fallback = k.fallback === '' || k.fallback === 'required' ? k.fallback : `\`${k.fallback}\``;
    return `| \`${k.name}\` | ${fallback} | ${k.meaning} |`;
  });
  return ['| key | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

/** The page, in Markdown. */
export function configReference(): string {
  const tunnelObject = tunnelSchema.options[1];
  return `# Configuration

\`mirrorlake collect --config FILE\` reads one YAML file: a regular file in UTF-8, 1 MiB at most. Every key is
optional; an option of the command line overrides the file. A mistake is answered with the file, the line and
the key, and exit status 2. On SIGHUP \`mirrors\`, \`groups\`, \`unknown_mirrors\`, \`unknown_points\`,
\`packets\`, \`applications\`, \`separate_by\`, \`networks\`, \`owners\`, \`names\`, \`names_file\`,
\`policies\`, \`overlays\`, \`hardware_time.within\` and \`tunnels\` are read again; everything else takes
effect after a restart, and the log says which of it has changed.

Durations are seconds, or have a unit: \`500us\`, \`20ms\`, \`90s\`, \`15m\`, \`12h\`, \`30d\`.
Sizes are bytes, or have a unit: \`64MiB\`, \`10GB\`. Defaults are given in seconds and bytes.

## Keys

${table(keysOf(configSchema))}

## An entry of \`mirrors\`

${table(keysOf(mirrorSchema))}

## An entry of \`groups\`

${table(keysOf(groupSchema))}

## An entry of \`policies\`

${table(keysOf(policySchema))}

## An entry of \`tunnels\`

A string with the words of \`ip tunnel add\`, or:

${table(keysOf(tunnelObject))}
`;
}
