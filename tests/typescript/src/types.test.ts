// The definitions that `kustodian types` prints: those in TypeScript are compiled with this file, and records are validated by
// the JSON Schema.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

import { createClient } from '../generated/client/index.js';
import type { CustomerCustom, KobjectParcelCustom } from '../generated/custom.js';
import { createCustomer, createKObject } from '../generated/sdk.gen.js';

const client = createClient({
  baseUrl: `${process.env['KUSTODIAN_ADDRESS']}/v1`,
  auth: () => process.env['KUSTODIAN_TOKEN'],
});

const whole: CustomerCustom = {
  plantStr: 'new "moss"',
  heightNum: 1.5,
  sownAt: '2026-01-02T03:04:05.678Z',
  wildBool: false,
  pageUrl: 'https://example.com/moss',
  secretStr: 'among friends',
};
const cleared: CustomerCustom = { plantStr: null, heightNum: null, sownAt: null, wildBool: null, pageUrl: null, friendId: null };
const parcel: KobjectParcelCustom = { weightNum: 12 };

/** Each of these does not compile; `tsc` says so if one does. */
export const wrong: CustomerCustom[] = [
  // @ts-expect-error -- it is none of the values
  { plantStr: 'rose' },
  // @ts-expect-error -- it is a number
  { heightNum: '1.5' },
  // @ts-expect-error -- it is true or false
  { wildBool: 'no' },
  // @ts-expect-error -- it names one record
  { friendId: ['5c7d1a1f9a1b2c0010a1b2c3'] },
  // @ts-expect-error -- it was taken back
  { goneStr: 'gone' },
];

const schema = JSON.parse(readFileSync('generated/custom.schema.json', 'utf8'));
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
formats.default(ajv);
ajv.addSchema(schema, 'types');

/** As the generated client takes them: the document describes no lists of ids, which need metadata first. */
function sent(custom: CustomerCustom): Record<string, string> {
  return custom as Record<string, string>;
}

function validate(type: string, value: unknown): string[] {
  const check = ajv.getSchema(`types#/$defs/${type}`);
  assert.ok(check, type);
  check(value);
  return (check.errors ?? []).map((error) => error.instancePath);
}

test('the custom attributes of answers are valid by the printed JSON Schema', async () => {
  const friend = await createCustomer({ client, body: { custom: sent(whole) }, throwOnError: true });
  const order = await createKObject({ client, path: { name: 'parcel' }, body: { title: 'A', custom: { ...parcel } }, throwOnError: true });
  const named: CustomerCustom = { ...cleared, friendId: friend.data.data.id, parcelsId: [order.data.data.id] };
  const other = await createCustomer({ client, body: { custom: sent(named) }, throwOnError: true });
  for (const answer of [friend, other]) {
    const custom = answer.data.data.attributes?.custom as CustomerCustom;
    assert.ok(Object.keys(custom).length >= 6);
    assert.deepEqual(validate('CustomerCustom', custom), []);
  }
  assert.deepEqual(validate('KobjectParcelCustom', order.data.data.attributes?.custom), []);
  // A mask takes the place of any sensitive value, and attributes without a description are free.
  assert.deepEqual(validate('CustomerCustom', { secretStr: '********', anyStr: 'free' }), []);
});

test('other values are not', () => {
  for (const value of [
    { plantStr: 'rose' },
    { heightNum: '1.5' },
    { sownAt: 'soon' },
    { wildBool: 'no' },
    { pageUrl: 'no address' },
    { friendId: ['5c7d1a1f9a1b2c0010a1b2c3'] },
    { parcelsId: [7] },
  ]) {
    const [key] = Object.keys(value);
    const places = validate('CustomerCustom', value);
    assert.ok(places.length > 0 && places.every((place) => place.startsWith(`/${key}`)), `${key}: ${places}`);
  }
});
