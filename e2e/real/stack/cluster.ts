import { createHash } from 'node:crypto';
import path from 'node:path';
import { ServiceAccount } from '@kubenova/kube/kinds/core.ts';
import { clearCapsuleWebhooks } from '@kubenova/testkit/capsule-webhooks.ts';
import { waitFor } from '@kubenova/testkit/condition.ts';
import { kubeconfig, writeKubeconfig } from '@kubenova/testkit/kubeconfig.ts';
import type { Binaries } from '../build.ts';
import { startApiServer } from './apiserver.ts';
import { type AuditLevel, AuditLog } from './audit.ts';
import { authenticationReloaded, type OidcTrust, writeAuthentication } from './authentication.ts';
import { renderCapsule, startCapsule } from './capsule.ts';
import { type CapsuleProxy, startCapsuleProxy } from './capsule-proxy.ts';
import { startCapsuleStandIn } from './capsule-stand-in.ts';
import { type ComponentKind, type TruePrograms, trueProgramsOf } from './component-programs.ts';
import { closeContext, openContext, type StackContext } from './context.ts';
import { startControllerManager, startScheduler } from './controllers.ts';
import { startEtcd } from './etcd.ts';
import { startKubeVela } from './kubevela.ts';
import { podLogFile, registerNodes, startKwok } from './kwok.ts';
import { startPodEndpoint } from './pod-endpoint.ts';

/**
 * What to start. The true programs are those that the environment names (`trueProgramsOf`) unless
 * they are given here; one that is given as undefined is stood in for.
 */
export interface RealClusterOptions extends TruePrograms {
  /** A DNS label: names the nodes, the kubeconfig's context and the certificates. */
  readonly name: string;
  /** Keeps everything; a later start on the same folder finds the cluster as it was left. */
  readonly dataDir: string;
  readonly binaries: Binaries;
  /** Simulated nodes; 2 unless said otherwise. */
  readonly nodes?: number;
  /** An issuer whose tokens are accepted from the start; see `configureOidc` for later. */
  readonly oidc?: OidcTrust;
  /** What the audit log records; `off` unless said otherwise. */
  readonly audit?: AuditLevel;
  /** Whether the API server itself lets privileged containers through, as most installations do; not unless said. */
  readonly allowPrivileged?: boolean;
  /** The true Capsule unless said otherwise. */
  readonly capsule?: 'true' | 'stand-in';
  /**
   * capsule-proxy and KubeVela, true or as stand-ins: `on` unless said otherwise. With `off` there
   * is only Kubernetes and Capsule.
   */
  readonly components?: 'on' | 'off';
  /** Told in a few words what is going on, with the seconds since the start. */
  readonly onProgress?: (what: string, elapsedSeconds: number) => void;
}

/** A running cluster; everything about it is on 127.0.0.1. */
export interface RealCluster {
  readonly name: string;
  /** URL of the API server. */
  readonly server: string;
  readonly caPem: string;
  /** Path of a kubeconfig with all rights (`system:masters`). */
  readonly adminKubeconfig: string;
  readonly adminKubeconfigYaml: string;
  readonly dataDir: string;
  /** Process numbers of what runs now, by program name. */
  readonly pids: Readonly<Record<string, number>>;
  /** Path of kubectl. */
  readonly kubectl: string;
  /** Folder with one log file a program. */
  readonly logFolder: string;
  /** Reads the API server's audit log, which stays empty with `audit: 'off'`. */
  readonly audit: AuditLog;
  /** Which parts are the true programs, which stand in, and which were left out. */
  readonly components: {
    readonly capsule: 'true' | 'stand-in';
    readonly capsuleProxy: ComponentKind;
    readonly kubevela: ComponentKind;
  };
  /** Absent with `components: 'off'`. */
  readonly capsuleProxy?: CapsuleProxy;
  /** A kubeconfig for a user in groups, by a client certificate; for tests of who may do what. */
  kubeconfigFor(user: string, groups: readonly string[], through?: 'API server' | 'capsule-proxy'): Promise<string>;
  /** Throws, with the last lines of its log, when one of the programs ended by itself. */
  assertAlive(): void;
  /** Trusts another OIDC issuer, or none, and resolves once the API server has taken it up. */
  configureOidc(oidc: OidcTrust | undefined): Promise<void>;
  /** Adds a line to the log that every simulated container shows. */
  logFromPods(line: string): void;
  /** Takes the API server away, at once with SIGKILL unless `gracefully`. */
  stopApiServer(how?: 'at once' | 'gracefully'): Promise<void>;
  /** Brings the API server back and resolves when it is ready. */
  startApiServer(): Promise<void>;
  /** Stops everything; the data folder stays. */
  stop(): Promise<void>;
}

/**
 * Starts etcd, the API server, its controllers, the scheduler, simulated nodes, Capsule,
 * capsule-proxy and KubeVela on free loopback ports, and resolves when all of it works.
 *
 * @throws Error that names the program that failed, with the last lines of its log; nothing is left
 *   running then
 */
export async function startRealCluster(options: RealClusterOptions): Promise<RealCluster> {
  const began = performance.now();
  const tell = (what: string) => options.onProgress?.(what, (performance.now() - began) / 1000);
  const context = await openContext(options);
  const { client, supervisor, pki } = context;
  try {
    const audit = new AuditLog(path.join(context.dataDir, 'audit.log'));
    let oidc = options.oidc;
    const startApi = () =>
      startApiServer(context, {
        authenticationFile: writeAuthentication(context.dataDir, oidc).file,
        audit: options.audit ?? 'off',
        auditLog: audit.file,
        allowPrivileged: options.allowPrivileged ?? false,
      });
    tell('starting etcd and the API server');
    const kindOfCapsule = options.capsule ?? 'true';
    const rendering = kindOfCapsule === 'true' ? renderCapsule(context) : undefined;
    // Its failure is reported where it is awaited, also when something else fails before.
    rendering?.catch(() => undefined);
    await startEtcd(context);
    await startApi();
    await clearCapsuleWebhooks(context.client);
    tell('starting controllers, nodes, Capsule');
    const podEndpoint = await startPodEndpoint(context.ports.podEndpoint, podLogFile(context));
    const starting = rendering
      ? rendering.then((rendered) => startCapsule(context, rendered))
      : startCapsuleStandIn(context);
    const capsule = starting.then(() => tell(`Capsule (${kindOfCapsule}) answers`));
    const [components] = await Promise.all([
      startComponents(context, options, capsule, tell),
      capsule,
      startKwok(context)
        .then((kwok) => registerNodes(context, options.nodes ?? 2, kwok))
        .then(() => tell('the nodes are ready')),
      startScheduler(context),
      startControllerManager(context).then((manager) =>
        waitFor({
          what: `the default ServiceAccount of ${context.name}`,
          timeoutMs: 60_000,
          giveUp: () => manager.assertAlive(),
          look: () => client.find(ServiceAccount, { namespace: 'default', name: 'default' }),
        }),
      ),
    ]);
    tell('ready');
    const admin = context.connectionOf(await pki.client('admin', 'kubenova-admin', ['system:masters']));
    const adminKubeconfig = path.join(context.dataDir, 'admin.kubeconfig');
    writeKubeconfig(adminKubeconfig, context.name, admin);
    return {
      name: context.name,
      server: context.server,
      caPem: pki.caPem,
      adminKubeconfig,
      adminKubeconfigYaml: kubeconfig(context.name, admin),
      dataDir: context.dataDir,
      get pids() {
        return supervisor.pids;
      },
      kubectl: context.binaries.kubectl,
      logFolder: path.join(context.dataDir, 'logs'),
      audit,
      components: {
        capsule: kindOfCapsule,
        capsuleProxy: components.capsuleProxy?.kind ?? 'off',
        kubevela: components.kubevela,
      },
      ...(components.capsuleProxy && { capsuleProxy: components.capsuleProxy }),
      async kubeconfigFor(user, groups, through = 'API server') {
        const proxy = components.capsuleProxy;
        if (through === 'capsule-proxy' && !proxy) throw new Error(`${context.name} was started without components.`);
        const connection = context.connectionOf(await pki.client(`user-${hashOf(user, groups)}`, user, groups));
        const server = through === 'capsule-proxy' && proxy ? proxy.url : context.server;
        return kubeconfig(context.name, { ...connection, server });
      },
      assertAlive: () => supervisor.assertAlive(),
      async configureOidc(trust) {
        oidc = trust;
        const { hash } = writeAuthentication(context.dataDir, oidc);
        await authenticationReloaded(context, hash);
      },
      logFromPods: (line) => podEndpoint.log(line),
      stopApiServer: (how = 'at once') => supervisor.stop(['kube-apiserver'], how),
      startApiServer: async () => {
        await startApi();
      },
      async stop() {
        await podEndpoint.stop();
        await closeContext(context);
      },
    };
  } catch (error) {
    await closeContext(context);
    throw error;
  }
}

async function startComponents(
  context: StackContext,
  options: RealClusterOptions,
  capsule: Promise<void>,
  tell: (what: string) => void,
): Promise<{ capsuleProxy?: CapsuleProxy; kubevela: ComponentKind }> {
  if (options.components === 'off') return { kubevela: 'off' };
  const programs: TruePrograms = { ...trueProgramsOf(), ...options };
  const [capsuleProxy, kubevela] = await Promise.all([
    // The true capsule-proxy ends at once where Capsule's kinds are not served yet.
    capsule.then(() => startCapsuleProxy(context, programs)),
    startKubeVela(context, programs),
  ]);
  tell(`capsule-proxy (${capsuleProxy.kind}) and KubeVela (${kubevela}) run`);
  return { capsuleProxy, kubevela };
}

/** A file name for the certificate of a user in groups. */
function hashOf(user: string, groups: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([user, groups]))
    .digest('hex')
    .slice(0, 16);
}
