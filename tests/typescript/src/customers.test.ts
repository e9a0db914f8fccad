// A client generated from the server's document, at its everyday work with customers.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createClient } from '../generated/client/index.js';
import {
  createCustomer,
  customerSearch,
  deleteCustomer,
  getCustomerByEmail,
  getCustomerById,
  updateCustomerAttributes,
} from '../generated/sdk.gen.js';
import type { CustomerInput, CustomerSearch } from '../generated/types.gen.js';

const client = createClient({
  baseUrl: `${process.env['KUSTODIAN_ADDRESS']}/v1`,
  auth: () => process.env['KUSTODIAN_TOKEN'],
});

let phones = 5550000;

/** Every kind of field a customer may be written with, and identities nobody else holds. */
function ada(name: string): CustomerInput {
  return {
    name: 'Ada Lovelace',
    company: null,
    externalId: `crm-${name}`,
    externalIds: [{ externalId: `shop-${name}`, verified: true }],
    username: 'ada',
    signedUpAt: '2026-01-02T03:04:05.678Z',
    avatarUrl: 'https://example.com/ada.png',
    emails: [
      { type: 'home', email: `${name}@example.com` },
      { type: 'work', email: `${name}@work.example.com`, verified: true },
    ],
    sharedEmails: [{ type: 'other', email: `family-${name}@example.com` }],
    phones: [{ type: 'mobile', phone: `+1 (800) ${(phones += 1)}` }],
    socials: [{ type: 'twitter', username: name, userid: `id-${name}`, url: `https://example.com/${name}` }],
    urls: [{ type: 'website', url: 'https://example.com' }],
    locations: [
      { type: 'home', address: '1 Main Street', cityName: 'London', countryCode: 'GB', latitude: 51.5, longitude: -0.12 },
    ],
    locale: 'en_GB',
    timeZone: 'Europe/London',
    tags: ['vip', 'mathematician'],
    sentiment: { polarity: 1, confidence: 0.75 },
    birthdayAt: '1815-12-10T00:00:00.000Z',
    gender: 'f',
    defaultLang: 'en_us',
    custom: {
      ordersNum: 3,
      firstOrderAt: '2026-01-03T00:00:00.000Z',
      tierStr: 'gold',
      notesTxt: 'Writes programs for machines that are not built yet.',
      newsletterBool: true,
      profileUrl: 'https://example.com/profiles/ada',
    },
  };
}

/** The id of a customer that was just created. */
async function created(name: string): Promise<string> {
  const { data } = await createCustomer({ client, body: ada(name), throwOnError: true });
  return data.data.id;
}

test('a customer with every kind of field is created and read back', async () => {
  const { data, response } = await createCustomer({ client, body: ada('everything'), throwOnError: true });
  assert.equal(response.status, 201);
  assert.equal(data.data.type, 'customer');
  assert.match(data.data.id, /^[0-9a-f]{24}$/);
  const read = await getCustomerById({ client, path: { id: data.data.id }, throwOnError: true });
  assert.equal(read.response.status, 200);
  assert.deepEqual(read.data, data);

  const { attributes } = read.data.data;
  assert.ok(attributes);
  assert.equal(attributes.name, 'Ada Lovelace');
  assert.equal(attributes.externalId, 'crm-everything');
  assert.deepEqual(
    attributes.emails?.map(({ email, type }) => ({ email, type })),
    [
      { email: 'everything@example.com', type: 'home' },
      { email: 'everything@work.example.com', type: 'work' },
    ],
  );
  assert.equal(attributes.signedUpAt, '2026-01-02T03:04:05.678Z');
  assert.equal(attributes.locations?.[0]?.cityName, 'London');
  assert.equal(attributes.gender, 'f');
  assert.deepEqual(attributes.sentiment, { polarity: 1, confidence: 0.75 });
  assert.equal(attributes.tags?.length, 2);
  for (const [key, value] of Object.entries(ada('everything').custom ?? {})) {
    assert.equal((attributes.custom as Record<string, unknown>)[key], value, key);
  }
  assert.equal(attributes.rev, 1);
});

test('a look-up by an e-mail address finds a customer, case aside', async () => {
  const id = await created('byemail');
  const { data } = await getCustomerByEmail({ client, path: { email: 'ByEmail@Example.com' }, throwOnError: true });
  assert.equal(data.data.id, id);
});

test('an update changes what it sends and keeps the rest', async () => {
  const id = await created('update');
  const body: CustomerInput = { name: 'Countess of Lovelace', username: null, custom: { tierStr: 'platinum' } };
  const { data } = await updateCustomerAttributes({ client, path: { id }, body, throwOnError: true });
  const { attributes } = data.data;
  assert.ok(attributes);
  assert.equal(attributes.name, 'Countess of Lovelace');
  assert.equal(attributes.externalId, 'crm-update');
  assert.equal(attributes.emails?.length, 2);
  const custom = attributes.custom as Record<string, unknown>;
  assert.equal(custom['tierStr'], 'platinum');
  assert.equal(custom['ordersNum'], 3);
  assert.equal(attributes.rev, 2);
});

test('a deleted customer is gone, by id and by e-mail', async () => {
  const id = await created('delete');
  const deleted = await deleteCustomer({ client, path: { id }, throwOnError: true });
  assert.equal(deleted.response.status, 204);
  const byId = await getCustomerById({ client, path: { id } });
  assert.equal(byId.response?.status, 404);
  assert.equal(byId.error?.errors[0]?.code, 'notfound');
  const byEmail = await getCustomerByEmail({ client, path: { email: 'delete@example.com' } });
  assert.equal(byEmail.response?.status, 404);
});

test('a body that breaks the rules is refused, and the error names the place', async () => {
  const { error, response } = await createCustomer({ client, body: { emails: [{ email: 'no address' }] } });
  assert.equal(response?.status, 400);
  const first = error?.errors[0];
  assert.equal(first?.code, 'badparam');
  // The bare key, as upstream names it; the whole place is beside it.
  assert.equal(first?.source?.parameter, 'email');
  assert.equal((first?.meta as { pointer?: string } | undefined)?.pointer, '/emails/0/email');
});

test('an e-mail address another customer holds is a conflict', async () => {
  await created('taken');
  const { response } = await createCustomer({ client, body: { emails: [{ email: 'taken@example.com' }] } });
  assert.equal(response?.status, 409);
});

test('a token the server does not know is refused', async () => {
  const stranger = createClient({ baseUrl: `${process.env['KUSTODIAN_ADDRESS']}/v1`, auth: () => 'unknown' });
  const { error, response } = await getCustomerByEmail({ client: stranger, path: { email: 'taken@example.com' } });
  assert.equal(response?.status, 401);
  assert.equal(error?.errors[0]?.code, 'unauthorized');
});

test('a search is typed: its groups, operators, directions and counts', async () => {
  const created = await createCustomer({ client, body: ada('typed-search'), throwOnError: true });
  const body: CustomerSearch = {
    and: [
      { customer_email: { equals: 'typed-search@example.com' } },
      { or: [{ customer_custom_tierStr: { in: ['gold', 'silver'] } }, { customer_phone: { not_set: true } }] },
    ],
    sort: { customer_updated_at: 'desc' },
    aggs: { languages: { terms: { field: 'customer_default_lang', size: 5 } } },
  };
  const found = await customerSearch({ client, body, throwOnError: true });
  assert.deepEqual(
    found.data.data.map((record) => record.id),
    [created.data.data.id],
  );
  // @ts-expect-error there is no such direction
  const upwards: CustomerSearch = { sort: { customer_name: 'upwards' } };
  assert.notEqual((await customerSearch({ client, body: upwards })).error, undefined);
});
