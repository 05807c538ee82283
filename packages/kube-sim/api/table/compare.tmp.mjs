import { execFileSync } from 'node:child_process';
import { builtinTypes } from '../../resources/builtin.ts';
import { toTable } from './table.ts';

const T = 'accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const get = (p) => JSON.parse(execFileSync(process.execPath, ['/tmp/disco/get.mjs', p, T], { maxBuffer: 1e8 }));
const types = builtinTypes().filter((t) => t.verbs.includes('list'));
const crds = JSON.parse(
  execFileSync(process.execPath, ['/tmp/disco/get.mjs', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'], {
    maxBuffer: 1e8,
  }),
).items;
for (const c of crds)
  for (const v of c.spec.versions)
    types.push({
      group: c.spec.group,
      version: v.name,
      plural: c.spec.names.plural,
      kind: c.spec.names.kind,
      crd: c.metadata.name,
      columns: v.additionalPrinterColumns,
      verbs: ['list'],
    });
const noAge = (x) => (typeof x === 'string' ? x.replace(/\b(\d+[smhdy])+\b/g, 'AGE') : x);
const show = process.argv[2];
for (const t of types) {
  const path = (t.group ? `/apis/${t.group}/${t.version}/` : `/api/${t.version}/`) + t.plural + '?includeObject=Object';
  const real = get(path);
  const now = Date.now();
  const mine = toTable(
    t,
    (real.rows ?? []).map((r) => r.object),
    { revision: '1', includeObject: 'None', now },
  );
  const strip = (d) => JSON.stringify(d.map(({ name, type, format, priority }) => ({ name, type, format, priority })));
  let bad = 0;
  if (strip(real.columnDefinitions) !== strip(mine.columnDefinitions)) {
    bad++;
    console.log(
      'COLUMNS',
      t.plural,
      '\n ',
      real.columnDefinitions.map((c) => c.name + ':' + c.type + ':' + c.format + ':' + c.priority).join(),
      '\n ',
      mine.columnDefinitions.map((c) => c.name + ':' + c.type + ':' + c.format + ':' + c.priority).join(),
    );
  }
  (real.rows ?? []).forEach((r, i) => {
    const a = JSON.stringify(r.cells.map(noAge)),
      b = JSON.stringify(mine.rows[i].cells.map(noAge));
    if (a !== b) {
      bad++;
      if (bad < 4) console.log('CELLS', t.plural, '\n  real', a, '\n  mine', b);
    }
    if (JSON.stringify(r.conditions) !== JSON.stringify(mine.rows[i].conditions))
      console.log('COND', r.conditions, mine.rows[i].conditions);
    if (t.plural === show) console.log(JSON.stringify(r.cells), JSON.stringify(mine.rows[i].cells));
  });
  console.log(bad ? 'BAD' : 'ok', t.group, t.plural, real.rows?.length ?? 0);
}
