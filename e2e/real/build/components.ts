/** The names of what can be built; each is a folder in the cache. */
export type ComponentName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kubectl'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kwok'
  | 'capsule'
  | 'helm'
  | 'podinfo'
  | 'podinfo-older';

/** A change to one file of an upstream module, made in a copy of it before it is built. */
export interface Patch {
  /** Path inside the module. */
  readonly file: string;
  /** Text that must occur exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Why upstream's own text does not do here; part of the README's list of what is changed. */
  readonly why: string;
}

/** One thing to build or to copy out of a Go module, cached as a folder of its own. */
export interface Component {
  readonly name: ComponentName;
  /** Folder under `e2e/real/modules` whose go.mod and go.sum pin the module. */
  readonly pin: string;
  readonly module: string;
  readonly version: string;
  /** Go package to build, and nothing for a module of which only data is wanted. */
  readonly package?: string;
  /** Values for the linker's `-X`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Where given, the program is built inside a patched copy of its own module. */
  readonly patches?: readonly Patch[];
  /** Folders of the module that are copied beside the program, by the name they get. */
  readonly data?: Readonly<Record<string, string>>;
}

const kubernetesVersion = 'v1.37.2';

const kubernetesVariables = {
  'k8s.io/component-base/version.gitVersion': kubernetesVersion,
  'k8s.io/component-base/version.gitMajor': '1',
  'k8s.io/component-base/version.gitMinor': '37',
  'k8s.io/component-base/version.gitTreeState': 'clean',
};

function kubernetesProgram(name: ComponentName): Component {
  return {
    name,
    pin: 'kubernetes',
    module: 'k8s.io/kubernetes',
    version: kubernetesVersion,
    package: `k8s.io/kubernetes/cmd/${name}`,
    variables: kubernetesVariables,
  };
}

const capsulePatches: readonly Patch[] = [
  {
    file: 'cmd/controller/main.go',
    find: 'HealthProbeBindAddress:  ":10080"',
    replace: 'HealthProbeBindAddress:  "0"',
    why: 'The health port is a constant that binds every interface, so a second cluster on the machine could not start.',
  },
  {
    file: 'cmd/controller/main.go',
    find: 'Port:    webhookPort,',
    replace: 'Host:    "127.0.0.1",\n\t\t\tPort:    webhookPort,',
    why: 'No flag keeps the webhook server on loopback.',
  },
];

const kwokPatches: readonly Patch[] = [
  {
    file: 'pkg/kwok/server/debugging_exec.go',
    find: '\t// Set the environment variables.\n',
    replace:
      '\tprogram := os.Getenv("KUBENOVA_EXEC_PROGRAM")\n' +
      '\tif program == "" {\n' +
      '\t\treturn fmt.Errorf("KUBENOVA_EXEC_PROGRAM names no program that stands for the containers\' shells")\n' +
      '\t}\n' +
      '\tcmd = append([]string{program, podNamespace, podName, container}, cmd...)\n\n' +
      '\t// Set the environment variables.\n',
    why: 'A local exec runs whatever a caller of the Kubernetes API asks for on this machine; the fixed program only ever reads the words of the command.',
  },
  {
    file: 'pkg/kwok/server/debugging_exec.go',
    find: '\tif tty {\n\t\treturn s.execInContainerWithTTY(ctx, cmd, in, stdout, resize)\n\t}\n\n\treturn s.execInContainer(ctx, cmd, in, stdout, stderr)\n',
    replace:
      '\tif tty {\n\t\terr = s.execInContainerWithTTY(ctx, cmd, in, stdout, resize)\n\t} else {\n' +
      '\t\terr = s.execInContainer(ctx, cmd, in, stdout, stderr)\n\t}\n' +
      '\tvar exit *osexec.ExitError\n' +
      '\tif errors.As(err, &exit) {\n' +
      '\t\treturn kubeexec.CodeExitError{Err: err, Code: exit.ExitCode()}\n\t}\n' +
      '\treturn err\n',
    why: 'The exit code of an exec is lost otherwise, and every failing command looks like a fault of the server.',
  },
  {
    file: 'pkg/kwok/server/debugging_exec.go',
    find: 'import (\n\t"context"\n\t"fmt"\n\t"io"\n\t"net/http"\n\t"slices"\n',
    replace:
      'import (\n\t"context"\n\t"errors"\n\t"fmt"\n\t"io"\n\t"net/http"\n\t"os"\n\tosexec "os/exec"\n\t"slices"\n',
    why: 'The imports of the two changes above.',
  },
  {
    file: 'pkg/kwok/server/debugging_exec.go',
    find: '\t"k8s.io/cri-streaming/pkg/streaming/remotecommand"\n',
    replace: '\t"k8s.io/cri-streaming/pkg/streaming/remotecommand"\n\tkubeexec "k8s.io/utils/exec"\n',
    why: 'The imports of the two changes above.',
  },
  {
    file: 'pkg/utils/exec/exec.go',
    find: '\t\t\t\t_, _ = io.Copy(inPipe, opt.In)\n',
    replace: '\t\t\t\t_, _ = io.Copy(inPipe, opt.In)\n\t\t\t\t_ = inPipe.Close()\n',
    why: 'Without it a command that reads its standard input to the end never ends.',
  },
];

/** Everything that a real cluster and its flows need, in the order in which it is built. */
export const components: readonly Component[] = [
  {
    name: 'etcd',
    pin: 'etcd',
    module: 'go.etcd.io/etcd/server/v3',
    version: 'v3.7.3',
    package: '.',
  },
  kubernetesProgram('kube-apiserver'),
  kubernetesProgram('kubectl'),
  kubernetesProgram('kube-controller-manager'),
  kubernetesProgram('kube-scheduler'),
  {
    name: 'kwok',
    pin: 'kwok',
    module: 'sigs.k8s.io/kwok',
    version: 'v0.8.0',
    package: './cmd/kwok',
    patches: kwokPatches,
    data: { stages: 'kustomize/stage' },
  },
  {
    name: 'capsule',
    pin: 'capsule',
    module: 'github.com/projectcapsule/capsule',
    version: 'v0.14.0',
    package: './cmd/controller',
    variables: { 'github.com/projectcapsule/capsule/internal/version.GitTag': 'v0.14.0' },
    patches: capsulePatches,
    data: { chart: 'charts/capsule' },
  },
  {
    name: 'helm',
    pin: 'helm',
    module: 'helm.sh/helm/v3',
    version: 'v3.21.4',
    package: 'helm.sh/helm/v3/cmd/helm',
    variables: {
      'helm.sh/helm/v3/internal/version.version': 'v3.21.4',
      'helm.sh/helm/v3/internal/version.gitTreeState': 'clean',
    },
  },
  {
    name: 'podinfo',
    pin: 'podinfo',
    module: 'github.com/stefanprodan/podinfo',
    version: 'v1.8.1-0.20250910200901-e86405a8674e',
    data: { chart: 'charts/podinfo', kustomize: 'kustomize' },
  },
  {
    name: 'podinfo-older',
    pin: 'podinfo',
    module: 'github.com/stefanprodan/podinfo',
    version: 'v1.8.0',
    data: { chart: 'charts/podinfo' },
  },
];
