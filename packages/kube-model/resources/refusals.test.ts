/** Mistakes, side by side with what the real API server said of them (`golden/refusals.json`). */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { createStore } from '@kubenova/kube-sim/store/memory-store.ts';
import { expect, test } from 'vitest';
import { invalid, isApiError } from '../api-error.ts';
import { systemClock } from '../clock.ts';
import { decode } from '../schema/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { builtinTypes } from './builtin.ts';
import { prepareForCreate, prepareForUpdate } from './strategy.ts';
import { type Case, casesOf, comparable, NAMESPACE, recordedOf } from './testing/ask.ts';
import { validateCreate, validateUpdate } from './validation/validate.ts';

const types = builtinTypes();
const context = { store: createStore(), clock: systemClock() };

function typeOf({ apiVersion, kind }: KubeObject) {
  const found = types.find(
    (type) => type.kind === kind && apiVersion === (type.group ? `${type.group}/` : '') + type.version,
  );
  if (!found) throw new Error(`no ${kind}`);
  return found;
}

function read(given: KubeObject): KubeObject {
  const type = typeOf(given);
  const { object } = decode(type, given);
  applyDefaults(type, object);
  if (type.namespaced) object.metadata.namespace = NAMESPACE;
  return object;
}

function answerTo({ object: given, old: was }: Case): unknown {
  const type = typeOf(given);
  try {
    const object = read(given);
    let errors: ReturnType<typeof validateCreate>;
    if (was) {
      const old = read(was);
      prepareForCreate(type, old, context);
      prepareForUpdate(type, object, old, undefined, context);
      errors = validateUpdate(type, object, old, undefined);
    } else {
      prepareForCreate(type, object, context);
      errors = validateCreate(type, object);
    }
    if (errors.length === 0) return comparable(object);
    return comparable(invalid(type, object.metadata.name ?? '', errors).status as unknown as KubeObject);
  } catch (error) {
    if (isApiError(error)) return comparable(error.status as unknown as KubeObject);
    throw error;
  }
}

const recorded = recordedOf('refusals');

test.each(casesOf('refusals').map((each) => [each.why, each] as const))('%s', (why, each) => {
  expect(answerTo(each)).toEqual(recorded[why]);
});

/** Only how the CEL parser puts it is our own. */
const withoutParser = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer).replaceAll(/(compilation failed)[\s\S]*?(?="[,}])/g, '$1'));

const definitions = recordedOf('definitions');

test.each(casesOf('definitions').map((each) => [each.why, each] as const))('%s', (why, each) => {
  expect(withoutParser(answerTo(each))).toEqual(withoutParser(definitions[why]));
});
