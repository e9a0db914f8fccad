// Starts the server, generates a client out of the document it serves, compiles client and tests strictly, and runs the
// tests against the server. KUSTODIAN_BINARY names the binary to start. With --build it ends before the tests.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

import { createClient } from '@hey-api/openapi-ts';

const folder = dirname(fileURLToPath(import.meta.url));
const token = 'a-token-for-the-typescript-client-of-forty-letters';

const { server, address } = await start();
try {
  await generate(address);
  copyFromPage();
  await printTypes(address);
  compile();
  if (!process.argv.includes('--build')) process.exitCode = test(address);
} finally {
  server.kill();
}

/** The server on a free port and a database that is gone with it. */
async function start() {
  const binary = process.env.KUSTODIAN_BINARY;
  if (!binary) throw new Error('KUSTODIAN_BINARY must name the kustodian binary to test');
  const options = ['--listen', '127.0.0.1:0', '--database', 'sqlite::memory:', '--bootstrap-token', token];
  const server = spawn(binary, ['serve', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  const address = new Promise((resolve, reject) => {
    const printed = [];
    for (const stream of [server.stdout, server.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        printed.push(line);
        const found = line.match(/127\.0\.0\.1:([1-9]\d*)/);
        if (found) resolve(`http://${found[0]}`);
      });
    }
    server.on('error', reject);
    server.on('exit', (code) => reject(new Error(`the server ended with ${code}:\n${printed.join('\n')}`)));
  });
  return { server, address: await address };
}

async function generate(address) {
  const answer = await fetch(`${address}/openapi.json`);
  if (!answer.ok) throw new Error(`GET /openapi.json answered ${answer.status}`);
  await createClient({
    input: await answer.json(),
    output: { path: join(folder, 'generated'), importFileExtension: '.js' },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    logs: { level: 'warn', file: false },
  });
}

/** The test that the page about testing shows. */
function copyFromPage() {
  const page = readFileSync(join(folder, '..', '..', 'docs', 'testing.md'), 'utf8');
  const test = page.match(/```ts\n([^]*?)```/)?.[1];
  if (!test) throw new Error('docs/testing.md shows no TypeScript');
  mkdirSync(join(folder, 'generated', 'docs'), { recursive: true });
  writeFileSync(join(folder, 'generated', 'docs', 'signup.test.ts'), test);
}

/** The definitions of an org's custom attributes, as the binary prints them. */
async function printTypes(address) {
  const send = async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${address}/v1${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  };
  await send('POST', '/klasses', { name: 'parcel' });
  await send('PUT', '/metadata/customer', {
    properties: {
      plantStr: { displayName: 'Plant */ of it', enumeration: ['fern', 'new "moss"', 'back\\slash'] },
      heightNum: {},
      sownAt: {},
      wildBool: {},
      pageUrl: {},
      parcelsId: { target: 'kobject.parcel', multi: true },
      friendId: { target: 'customer' },
      secretStr: { sensitive: { enabled: true } },
      goneStr: { deletedAt: '2026-01-01T00:00:00Z' },
    },
  });
  await send('PUT', '/metadata/kobject.parcel', { properties: { weightNum: {} } });
  const environment = { ...process.env, KUSTODIAN_URL: address, KUSTODIAN_TOKEN: token };
  for (const [language, file] of [['typescript', 'custom.ts'], ['json-schema', 'custom.schema.json']]) {
    const options = { env: environment, encoding: 'utf8' };
    const { status, stdout, stderr } = spawnSync(process.env.KUSTODIAN_BINARY, ['types', '--lang', language], options);
    if (status !== 0) throw new Error(`kustodian types --lang ${language} ended with ${status}: ${stderr}`);
    writeFileSync(join(folder, 'generated', file), stdout);
  }
}

function compile() {
  rmSync(join(folder, 'build'), { recursive: true, force: true });
  const { status } = node([join('node_modules', 'typescript', 'bin', 'tsc'), '--project', folder]);
  if (status !== 0) throw new Error('the generated client or the tests do not compile');
}

function test(address) {
  const names = [join('build', 'src'), join('build', 'generated', 'docs')].flatMap((built) =>
    readdirSync(join(folder, built)).filter((file) => file.endsWith('.test.js')).map((file) => join(built, file)),
  );
  const env = { ...process.env, KUSTODIAN: process.env.KUSTODIAN_BINARY, KUSTODIAN_ADDRESS: address, KUSTODIAN_TOKEN: token };
  return node(['--test', '--test-reporter=spec', ...names], env).status ?? 1;
}

function node(args, env = process.env) {
  return spawnSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'], env });
}
