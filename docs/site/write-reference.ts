import { contract } from '../../shared/src/contract.ts';
import { inQuery, type Operation, pathParams } from '../../shared/src/operation.ts';
import type { Page } from './read-pages.ts';

/** A page for each group of the contract: every operation with its fields, and one call of it in curl, JavaScript and Python. */
export function referencePages(): Page[] {
  const groups = [...new Set(contract.map(({ group }) => group))];
  return groups.map((group) => {
    const operations = (contract as readonly Operation[]).filter((one) => one.group === group);
    return {
      path: `reference/${group.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
      title: `API: ${group}`,
      description: operations.map(({ label }) => label).join(', '),
      markdown: operations.map(section).join('\n'),
    };
  });
}

function section(operation: Operation): string {
  const { label, description, method, path, sample, errors } = operation;
  const input = (sample?.input ?? {}) as Readonly<Record<string, unknown>>;
  return [
    `## ${label}`,
    `\`${method} ${path}\``,
    description,
    fieldsOf(operation),
    ...callsOf(operation, input).flatMap(([name, language, code]) => [`**${name}**`, fence(language, code)]),
    '**Answer**',
    fence('json', JSON.stringify(sample?.output ?? {}, null, 2)),
    errors.length === 0 ? '' : `Errors: ${errors.map((code) => `[\`${code}\`](/errors/${code}/)`).join(', ')}.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
}

function fieldsOf({ input }: Operation): string {
  const { properties = {}, required = [] } = input.toJSONSchema({ io: 'input', unrepresentable: 'any' }) as Schema;
  const rows = Object.entries(properties).map(([name, field]) => {
    const words = [field.title, field.description].filter((text) => text !== undefined).join(': ');
    const choices =
      field.enum === undefined ? '' : ` One of ${field.enum.map((one) => `\`${String(one)}\``).join(', ')}.`;
    return `| \`${name}\` | ${required.includes(name) ? 'yes' : ''} | ${`${words}${choices}`.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')} |`;
  });
  return rows.length === 0 ? '' : ['| field | required | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function callsOf(operation: Operation, input: Readonly<Record<string, unknown>>): [string, string, string][] {
  const { method, path } = operation;
  const inPath = pathParams(path);
  const filled = inPath.reduce(
    (to, name) => to.replace(`:${name}`, encodeURIComponent(String(input[name] ?? 'ID'))),
    path,
  );
  const rest = Object.fromEntries(Object.entries(input).filter(([name]) => !inPath.includes(name)));
  const hasRest = Object.keys(rest).length > 0;
  const hasBody = !inQuery(method) && hasRest;
  const query = inQuery(method) && hasRest ? `?${new URLSearchParams(rest as Record<string, string>)}` : '';
  const answer = answerOf(operation);
  const body = JSON.stringify(rest, null, 2);
  const address = `$GATEWAY_URL${filled}${query}`;
  return [
    [
      'curl',
      'sh',
      [
        `curl ${answer.curl}${method === 'GET' ? '' : `-X ${method} `}"${address}" \\`,
        `  -H "Authorization: Bearer $GATEWAY_KEY"${hasBody ? ' \\' : ''}`,
        ...(hasBody
          ? ['  -H "Content-Type: application/json" \\', `  -d '${JSON.stringify(rest).replaceAll("'", "'\\''")}'`]
          : []),
      ].join('\n'),
    ],
    [
      'JavaScript',
      'js',
      [
        `const answer = await fetch(\`\${process.env.GATEWAY_URL}${filled}${query}\`, {`,
        `  method: '${method}',`,
        `  headers: { Authorization: \`Bearer \${process.env.GATEWAY_KEY}\`${hasBody ? ", 'Content-Type': 'application/json'" : ''} },`,
        ...(hasBody ? [`  body: JSON.stringify(${body.replaceAll('\n', '\n  ')}),`] : []),
        '});',
        answer.js,
      ].join('\n'),
    ],
    [
      'Python',
      'python',
      [
        'import json, os, urllib.request',
        '',
        'request = urllib.request.Request(',
        `    os.environ["GATEWAY_URL"] + ${JSON.stringify(filled + query)},`,
        `    method="${method}",`,
        `    headers={"Authorization": "Bearer " + os.environ["GATEWAY_KEY"]${hasBody ? ', "Content-Type": "application/json"' : ''}},`,
        ...(hasBody ? [`    data=json.dumps(json.loads(r"""${body}""")).encode(),`] : []),
        ')',
        answer.python,
      ].join('\n'),
    ],
  ];
}

/** Reads the answer: JSON, none, a file, or a stream of events. */
function answerOf({ status, isFile, kind, id }: Operation): { curl: string; js: string; python: string } {
  const open = 'urllib.request.urlopen(request)';
  if (kind === 'events')
    return {
      curl: '-N ',
      js: 'for await (const piece of answer.body) process.stdout.write(piece);',
      python: `for line in ${open}:\n    print(line.decode(), end="")`,
    };
  if (status === 204) return { curl: '', js: 'console.log(answer.status);', python: `print(${open}.status)` };
  if (isFile === true) {
    const file = `${id.replaceAll('.', '-')}.zip`;
    return {
      curl: `-o ${file} `,
      js: `await (await import('node:fs/promises')).writeFile('${file}', answer.body);`,
      python: `open("${file}", "wb").write(${open}.read())`,
    };
  }
  return { curl: '', js: 'console.log(await answer.json());', python: `print(json.load(${open}))` };
}

function fence(language: string, code: string): string {
  return `\`\`\`${language}\n${code}\n\`\`\``;
}
