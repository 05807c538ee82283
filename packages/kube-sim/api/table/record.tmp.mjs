import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { builtinTypes } from '../../resources/builtin.ts';
import { toTable } from './table.ts';

const T = 'accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const raw = (p, h) =>
  JSON.parse(execFileSync(process.execPath, ['/tmp/disco/get.mjs', p, ...(h ? [h] : [])], { maxBuffer: 1e8 }));
const types = builtinTypes().filter((t) => t.verbs.includes('list'));
const crd = raw('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/discos.disco.example.com');
types.push({
  group: 'disco.example.com',
  version: 'v1',
  plural: 'discos',
  kind: 'Disco',
  namespaced: true,
  crd: crd.metadata.name,
  columns: crd.spec.versions[0].additionalPrinterColumns,
  verbs: ['list'],
});
const skip = new Set([
  'podtemplates',
  'controllerrevisions',
  'certificatesigningrequests',
  'clustertrustbundles',
  'podcertificaterequests',
  'ingressclasses',
  'ipaddresses',
  'servicecidrs',
  'runtimeclasses',
  'csidrivers',
  'csinodes',
  'csistoragecapacities',
  'volumeattachments',
  'volumeattributesclasses',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'replicationcontrollers',
]);
const out = [];
for (const t of types) {
  if (skip.has(t.plural)) continue;
  if (t.plural === 'events' && t.group) continue;
  const path = (t.group ? `/apis/${t.group}/${t.version}/` : `/api/${t.version}/`) + t.plural + '?includeObject=Object';
  const real = raw(path, T);
  const t0 = Date.now();
  let rows = real.rows ?? [];
  rows = t.namespaced
    ? rows.filter((r) =>
        r.object.metadata.namespace === 'disco-a'
          ? t.plural !== 'pods' && (t.plural !== 'events' || r.object.metadata.name.startsWith('ev'))
          : r.object.metadata.namespace === 'disco-b' && t.plural === 'pods',
      )
    : rows
        .filter((r) =>
          /disco|^ref-node-1$|^system:basic-user$|^capsule-valid|^capsule-mut/.test(r.object.metadata.name),
        )
        .slice(0, 1);
  if (rows.length === 0) rows = (real.rows ?? []).slice(0, 1);
  if (t.plural === 'serviceaccounts' || t.plural === 'replicasets') rows = rows.slice(0, 1);
  if (t.plural === 'configmaps') rows = rows.filter((r) => r.object.metadata.name === 'cm');
  for (const r of rows) {
    const o = r.object;
    const { name, namespace, creationTimestamp, deletionTimestamp, labels } = o.metadata;
    o.metadata = JSON.parse(
      JSON.stringify({
        name,
        namespace,
        creationTimestamp,
        deletionTimestamp,
        labels: t.plural === 'nodes' || t.plural === 'discos' ? labels : undefined,
      }),
    );
    if (o.webhooks) o.webhooks = o.webhooks.map(({ name }) => ({ name }));
    if (t.plural === 'customresourcedefinitions')
      o.spec.versions = o.spec.versions.map(({ name, served, storage }) => ({ name, served, storage }));
    if (t.plural === 'nodes') {
      delete o.status.images;
      delete o.status.allocatable;
    }
  }
  let now;
  const want = JSON.stringify(rows.map((r) => r.cells));
  for (let d = -3000; d <= 1500 && now === undefined; d += 50) {
    const m = toTable(
      t,
      rows.map((r) => r.object),
      { revision: '1', includeObject: 'None', now: t0 + d },
    );
    if (JSON.stringify(m.rows.map((r) => r.cells)) === want) now = t0 + d;
  }
  if (now === undefined) {
    console.log('NO', t.plural, want.slice(0, 300));
    continue;
  }
  out.push({
    resource: t.group ? `${t.plural}.${t.group}` : t.plural,
    now,
    columns: real.columnDefinitions.map(
      ({ name, type, format, priority }) => `${name}:${type}${format ? `/${format}` : ''}${priority ? ' wide' : ''}`,
    ),
    rows: rows.map((r) => ({ cells: r.cells, ...(r.conditions && { conditions: r.conditions }), object: r.object })),
    ...(t.crd && { printerColumns: t.columns }),
  });
}
writeFileSync('/tmp/disco/reference.json', JSON.stringify(out, null, 1).length + '\n');
writeFileSync(
  'packages/kube-sim/api/table/testdata/reference.json',
  '[\n' + out.map((o) => JSON.stringify(o)).join(',\n') + '\n]\n',
);
console.log(out.map((o) => o.resource + ' ' + o.rows.length).join('\n'));
