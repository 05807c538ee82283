/** Images: from where they come, whether they are fetched again, and that they stay the same. */
import { type Attack, type Fields, one } from './attack.ts';

const digest = `sha256:${'0'.repeat(64)}`;

/** A pod with an image as a volume, which is an image that no container names. */
const withVolume = (image: Fields, container: Fields = {}): Fields =>
  one(container, { volumes: [{ name: 'v', image }] });

export const imageAttacks: readonly Attack[] = [
  {
    type: 'allowed-registries',
    parameters: { registries: ['ghcr.io/acme', 'registry.example.com:5000', 'docker.io/library', 'quay.io/team/app'] },
    containers: {
      allowed: [
        ['a path within', { image: 'ghcr.io/acme/shop:1' }],
        ['deeper within', { image: `ghcr.io/acme/a/b/c@${digest}` }],
        ['a registry with a port', { image: 'registry.example.com:5000/x' }],
        ['an official image without its registry', { image: 'nginx:1' }],
        ['a repository itself', { image: 'quay.io/team/app:2' }],
        ['by its other name', { image: 'index.docker.io/library/nginx' }],
      ],
      refused: [
        [
          'another registry',
          { image: 'evil.example.com/x:1' },
          'Allowed: docker.io/library, ghcr.io/acme, quay.io/team/app',
        ],
        ['a path beside', { image: 'ghcr.io/acme-evil/x' }, 'ghcr.io/acme-evil/x'],
        ['a registry that begins alike', { image: 'ghcr.io.evil.example.com/acme/x' }, 'not allowed'],
        ['another port', { image: 'registry.example.com:5001/x' }, 'not allowed'],
        ['without the port', { image: 'registry.example.com/x' }, 'not allowed'],
        ['a user of Docker Hub without its registry', { image: 'evil/x' }, 'docker.io/evil/x'],
        ['a path in place of a registry', { image: 'evil.example.com/ghcr.io/acme/x' }, 'not allowed'],
        ['a repository that begins alike', { image: 'quay.io/team/application' }, 'not allowed'],
        ['this machine', { image: 'localhost/ghcr.io/acme/x' }, 'not allowed'],
        ['in capitals', { image: 'GHCR.IO/acme/x' }, 'not allowed'],
      ],
    },
    pods: {
      allowed: [['an image as a volume', withVolume({ reference: 'ghcr.io/acme/data:1' })]],
      refused: [
        ['an image as a volume', withVolume({ reference: 'evil.example.com/data:1' }), 'evil.example.com/data:1'],
      ],
    },
  },
  {
    type: 'image-pull-policy',
    parameters: { policies: ['Always'] },
    container: { imagePullPolicy: 'Always' },
    containers: {
      allowed: [
        ['the allowed one', { imagePullPolicy: 'Always' }],
        ['left out where Kubernetes chooses it', { image: 'nginx:latest', imagePullPolicy: undefined }],
      ],
      refused: [
        ['another', { imagePullPolicy: 'IfNotPresent' }, 'Allowed: Always'],
        ['never', { imagePullPolicy: 'Never' }, 'Allowed: Always'],
        [
          'left out where Kubernetes chooses another',
          { image: 'nginx:1', imagePullPolicy: undefined },
          'Allowed: Always',
        ],
      ],
    },
    pods: {
      allowed: [],
      refused: [
        [
          'of an image volume',
          withVolume({ reference: 'x:1', pullPolicy: 'Never' }, { imagePullPolicy: 'Always' }),
          'not allowed of v',
        ],
      ],
    },
  },
  {
    type: 'no-latest-tag',
    parameters: {},
    containers: {
      allowed: [
        ['a tag', { image: 'nginx:1.27' }],
        ['a digest', { image: `nginx@${digest}` }],
        ['a port and a tag', { image: 'r.example.com:5000/x:1' }],
        ['a tag that only ends alike', { image: 'nginx:not-latest' }],
      ],
      refused: [
        ['no tag', { image: 'nginx' }, 'Each needs a tag other than latest'],
        ['latest', { image: 'nginx:latest' }, 'nginx:latest'],
        ['a port that is no tag', { image: 'r.example.com:5000/x' }, 'not pinned'],
      ],
    },
  },
  {
    type: 'no-latest-tag',
    parameters: { requireDigest: true },
    container: { image: `nginx@${digest}` },
    containers: {
      allowed: [['a tag and a digest', { image: `nginx:1@${digest}` }]],
      refused: [['a tag', { image: 'nginx:1.27' }, 'Each needs a digest']],
    },
  },
];
