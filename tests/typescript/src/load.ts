// Calls the server for a while, as `cargo xtask bench client` asks on standard input, and prints how often and for what.
import { readFileSync } from 'node:fs';

import { createClient } from '../generated/client/index.js';
import { createCustomer, getCustomerById, getCustomers } from '../generated/sdk.gen.js';

type Job = {
  url: string;
  token: string;
  calls: 'read' | 'page' | 'create';
  width: number;
  warm_up_ms: number;
  time_ms: number;
  ids: string[];
  first: number;
};

const job = JSON.parse(readFileSync(0, 'utf8')) as Job;
const client = createClient({ baseUrl: `${job.url}/v1`, auth: () => job.token });

let next = 0;

async function one(): Promise<void> {
  const number = next;
  next += 1;
  if (job.calls === 'read') {
    const id = job.ids[number % job.ids.length] ?? '';
    await getCustomerById({ client, path: { id }, throwOnError: true });
  } else if (job.calls === 'page') {
    await getCustomers({ client, query: { page: 1, pageSize: 100 }, throwOnError: true });
  } else {
    const email = `ada-${job.first + number}@acme.example`;
    const body = { name: 'Ada Lovelace', emails: [{ email }], externalId: `shop-${job.first + number}` };
    await createCustomer({ client, body, throwOnError: true });
  }
}

async function callFor(milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds;
  const worker = async () => {
    let count = 0;
    for (; performance.now() < end; count += 1) await one();
    return count;
  };
  const counts = await Promise.all(Array.from({ length: job.width }, worker));
  return counts.reduce((sum, count) => sum + count, 0);
}

await callFor(job.warm_up_ms);
const [began, before] = [performance.now(), process.cpuUsage()];
const calls = await callFor(job.time_ms);
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - began) / 1000;
console.log(JSON.stringify({ calls, seconds, processor: (user + system) / 1e6 }));
