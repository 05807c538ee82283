/**
 * The cluster baseline on a real API server: every identity does what it is there for, with the admission policies on,
 * and everybody else is refused, `system:masters` included.
 */
import { afterAll, beforeAll } from 'vitest';
import { describeApplications } from './admission/applications.ts';
import { describeDelivered } from './admission/delivered.ts';
import { describeDeployer } from './admission/deployer.ts';
import { describeEnd } from './admission/ending.ts';
import { describeFences } from './admission/fences.ts';
import { describeNamespaces } from './admission/namespaces.ts';
import { describePeople } from './admission/people.ts';
import { type AdmissionScene, openAdmissionScene } from './admission/scene.ts';

let scene: AdmissionScene;
const open = () => scene;

beforeAll(async () => {
  scene = await openAdmissionScene();
}, 1_800_000);
afterAll(() => scene?.stop());

// In this order: the first delivers the App that the others are about, the last takes it away.
describeApplications(open);
describeDelivered(open);
describeDeployer(open);
describeNamespaces(open);
describeFences(open);
describePeople(open);
describeEnd(open);
