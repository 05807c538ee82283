/** Custom objects, side by side with what the real API server made of them (`golden/custom.json`). */
import type { KubeObject } from '@kubenova/kube/object.ts';
import { createStore } from '@kubenova/kube-sim/store/memory-store.ts';
import { expect, test } from 'vitest';
import { invalid, isApiError } from '../api-error.ts';
import { systemClock } from '../clock.ts';
import { decode } from '../schema/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { typesOfDefinition } from './custom.ts';
import { prepareForCreate, prepareForUpdate } from './strategy.ts';
import { type Case, casesOf, comparable, NAMESPACE, recordedOf, widgetDefinition } from './testing/ask.ts';
import { validateCreate, validateUpdate } from './validation/validate.ts';

const context = { store: createStore(), clock: systemClock() };
const recorded = recordedOf('custom');

function widget() {
  const [type] = typesOfDefinition(widgetDefinition());
  if (!type) throw new Error('nothing is served');
  return type;
}

const type = widget();

function read(given: KubeObject): KubeObject {
  const { object } = decode(type, given);
  applyDefaults(type, object);
  object.metadata.namespace = NAMESPACE;
  return object;
}

function answerTo({ object: given, old: was }: Case): unknown {
  try {
    const object = read(given);
    const old = was && read(was);
    if (old) {
      prepareForCreate(type, old, context);
      prepareForUpdate(type, object, old, undefined, context);
    } else prepareForCreate(type, object, context);
    const errors = old ? validateUpdate(type, object, old, undefined) : validateCreate(type, object);
    if (errors.length === 0) return comparable(object);
    return comparable(invalid(type, object.metadata.name, errors).status as unknown as KubeObject);
  } catch (error) {
    if (isApiError(error)) return comparable(error.status as unknown as KubeObject);
    throw error;
  }
}

test.each(casesOf('custom').map((each) => [each.why, each] as const))('%s', (why, each) => {
  expect(answerTo(each)).toEqual(recorded[why]);
});
