import { allowedShown, allowedVariable, type Validation } from './admission-rule.ts';
import { allowedList, intersection } from './allowed-list.ts';
import { podRule } from './pod-rule.ts';
import { annotationOf, catalogued } from './policy-type.ts';

const type = 'no-privileged-pods';

export type NoPrivilegedPods = {
  capabilities?: string[];
};

/** A validation about each container; `condition` speaks of `c`. */
function each(condition: string, message: string): Validation {
  return {
    expression: `variables.containers.all(c, ${condition})`,
    messageExpression: `'${message}: ' + variables.containers.filter(c, !(${condition})).map(c, c.name).join(', ') + '.'`,
    message: `${message}.`,
  };
}

export const noPrivilegedPods = catalogued<NoPrivilegedPods>({
  type,
  title: 'No privileged pods',
  description:
    "No container is privileged, adds Linux capabilities but those listed, takes a port of its node, unmasks /proc or is a host process of Windows; no pod shares its node's network, processes or IPC, or mounts a path of it.",
  engine: 'admissionPolicy',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      capabilities: {
        title: 'Capabilities that may be added',
        description: 'As Kubernetes writes them, without CAP_.',
        type: 'array',
        maxItems: 40,
        uniqueItems: true,
        items: { type: 'string', maxLength: 63, pattern: '^[A-Z][A-Z_]*$', not: { enum: ['ALL'] } },
        default: [],
      },
    },
  },
  example: { capabilities: ['NET_BIND_SERVICE'] },
  strictest: (a, b) => ({ capabilities: intersection(a.capabilities ?? [], b.capabilities ?? []) }),
  effect: ({ capabilities }) => ({ annotations: { [annotationOf(type)]: allowedList(capabilities ?? []) } }),
  admission: podRule({
    variables: [
      allowedVariable,
      {
        name: 'shared',
        expression:
          "(variables.pod.?hostNetwork.orValue(false) ? ['network'] : []) + " +
          "(variables.pod.?hostPID.orValue(false) ? ['processes'] : []) + " +
          "(variables.pod.?hostIPC.orValue(false) ? ['IPC'] : [])",
      },
      { name: 'paths', expression: 'variables.volumes.filter(v, has(v.hostPath)).map(v, v.name)' },
    ],
    validations: [
      {
        expression: 'size(variables.shared) == 0',
        messageExpression: "'A pod may not share of its node: ' + variables.shared.join(', ') + '.'",
        message: 'A pod may not share its node.',
      },
      {
        expression: 'size(variables.paths) == 0',
        messageExpression: "'Volumes may not be paths of the node: ' + variables.paths.join(', ') + '.'",
        message: 'Volumes may not be paths of the node.',
      },
      each('!c.?securityContext.?privileged.orValue(false)', 'Containers may not be privileged'),
      each(
        'c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0)',
        'Containers may not take a port of the node (hostPort)',
      ),
      each("c.?securityContext.?procMount.orValue('Default') == 'Default'", 'Containers may not unmask /proc'),
      each(
        '!c.?securityContext.?windowsOptions.?hostProcess.orValue(variables.pod.?securityContext.?windowsOptions.?hostProcess.orValue(false))',
        'Containers may not be host processes',
      ),
      {
        expression:
          'variables.containers.all(c, c.?securityContext.?capabilities.?add.orValue([]).all(one, one in variables.allowed))',
        messageExpression: `'Containers add capabilities that are not allowed: ' + variables.containers.filter(c, !c.?securityContext.?capabilities.?add.orValue([]).all(one, one in variables.allowed)).map(c, c.name).join(', ') + '. Allowed: ' + ${allowedShown} + '.'`,
        message: 'Containers add capabilities that are not allowed.',
      },
    ],
  }),
});
