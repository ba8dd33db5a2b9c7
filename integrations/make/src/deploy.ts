import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Make } from '@makehq/sdk';
import { deployApp } from './deploy-app.ts';
import { readMapping, writeMapping } from './id-mapping.ts';
import { readAppFolder } from './read-app-folder.ts';

const usage = `Writes the app in integrations/make/app to Make.

  MAKE_API_KEY=… npm run deploy:make -- --zone eu2.make.com --app ai-gateway [--version 1] [--dry-run] [--mapping FILE] [--templates FOLDER]

Make adds a suffix to the name of a new app. The name it gives is printed and kept in FILE, and templates that fit it are written
to FOLDER. The key needs the scopes sdk-apps:read and sdk-apps:write. --dry-run says what would be written and writes nothing.`;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: {
    zone: { type: 'string' },
    app: { type: 'string' },
    version: { type: 'string', default: '1' },
    mapping: { type: 'string', default: here('../id-mapping.json') },
    templates: { type: 'string', default: here('../deployed-templates') },
    'dry-run': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const { zone, app: appId } = values;
const { MAKE_API_KEY: key } = process.env;
if (values.help || zone === undefined || appId === undefined || key === undefined || key === '') {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}

// A zone with `http://` before it is a stand-in for Make on this machine.
const host = zone.replace(/^https?:\/\//, '');
// Not after errors of Make's own: a connection that was made all the same would be made twice.
const make = new Make(key, host, { retry: { onRateLimit: true } });
if (zone.startsWith('http://')) make.protocol = 'http';
const target = `${host}/${appId}/${values.version}`;
const mapping = readMapping(values.mapping, target);
const count = await deployApp({
  make,
  app: readAppFolder(here('../app')),
  icon: readFileSync(here('../icon.png')),
  appId,
  version: Number(values.version),
  mapping,
  keep: (mapping) => writeMapping(values.mapping, target, mapping),
  isDryRun: values['dry-run'],
  say: console.log,
});
const done = values['dry-run'] ? 'would be written' : 'written';
console.log(count === 0 ? 'Make has all of it already.' : `${count} ${done}.`);
if (!values['dry-run']) {
  const name = mapping.app ?? appId;
  writeTemplates(name);
  console.log(`The app is called ${name} at Make. Templates for it are in ${values.templates}.`);
}

/** The blueprints name the app they need: `app#ai-gateway:…` as they are kept, and what Make calls it as they are written. */
function writeTemplates(name: string): void {
  const from = here('../templates');
  mkdirSync(values.templates, { recursive: true });
  for (const file of readdirSync(from))
    writeFileSync(
      join(values.templates, file),
      readFileSync(join(from, file), 'utf8').replaceAll('app#ai-gateway:', `app#${name}:`),
    );
}
