/** What becomes of a new object, side by side with what the real API server made of it (`golden/answers.json`). */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { createStore } from '@kubenova/kube-sim/store/memory-store.ts';
import { expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { decode } from '../schema/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { builtinTypes } from './builtin.ts';
import { prepareForCreate } from './strategy.ts';
import { casesOf, comparable, NAMESPACE, recordedOf } from './testing/ask.ts';
import { validateCreate } from './validation/validate.ts';

const types = builtinTypes();
const recorded = recordedOf('answers');
const UID = '11111111-2222-3333-4444-555555555555';

function typeOf({ apiVersion, kind }: KubeObject) {
  const found = types.find(
    (type) => apiVersion.endsWith(type.version) && type.kind === kind && apiVersion.startsWith(type.group),
  );
  if (!found) throw new Error(`no ${kind}`);
  return found;
}

test.each(casesOf('answers').map((each) => [each.why, each.object] as const))('%s', (why, given) => {
  const type = typeOf(given);
  const { object } = decode(type, given);
  applyDefaults(type, object);
  const once = structuredClone(object);
  applyDefaults(type, object);
  expect(object, 'doing it again changes nothing').toEqual(once);
  object.metadata.uid = UID;
  if (type.namespaced) object.metadata.namespace = NAMESPACE;
  prepareForCreate(type, object, { store: createStore(), clock: systemClock() });
  expect(validateCreate(type, object)).toEqual([]);
  expect(comparable(object)).toEqual(recorded[why]);
  expect(comparable(decode(type, object).object), 'what is stored reads back the same').toEqual(recorded[why]);
});
