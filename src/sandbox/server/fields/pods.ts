import { metadataSchema, type Schema } from './schema.ts';
import {
  atomicList,
  conditions,
  flag,
  int,
  loose,
  mapList,
  object,
  quantities,
  text,
  textList,
  texts,
} from './typing.ts';

const withDefault = (schema: Schema, value: unknown): Schema => ({ ...schema, default: value });

const selector = object({ matchLabels: texts, matchExpressions: atomicList(loose) }, { atomic: true });

const container = object(
  {
    name: text,
    image: text,
    command: textList,
    args: textList,
    workingDir: text,
    ports: mapList(
      ['containerPort', 'protocol'],
      object({ name: text, containerPort: int, hostPort: int, hostIP: text, protocol: withDefault(text, 'TCP') }),
    ),
    env: mapList(['name'], object({ name: text, value: text, valueFrom: loose })),
    envFrom: atomicList(loose),
    resources: {
      ...object({ limits: quantities, requests: quantities, claims: mapList(['name'], loose) }),
      default: {},
    },
    volumeMounts: mapList(['mountPath'], object({ name: text, mountPath: text }, { open: true })),
    volumeDevices: mapList(['devicePath'], object({ name: text, devicePath: text })),
    imagePullPolicy: withDefault(text, 'IfNotPresent'),
    terminationMessagePath: withDefault(text, '/dev/termination-log'),
    terminationMessagePolicy: withDefault(text, 'File'),
    securityContext: object({}, { open: true }),
    stdin: flag,
    tty: flag,
  },
  { open: true, required: ['name'] },
);

export const podSpec: Schema = object(
  {
    containers: { ...mapList(['name'], container), present: true },
    initContainers: mapList(['name'], container),
    volumes: mapList(['name'], object({ name: text }, { open: true })),
    imagePullSecrets: mapList(['name'], object({ name: text }, { atomic: true })),
    hostAliases: mapList(['ip'], object({ ip: text, hostnames: textList })),
    nodeSelector: { ...texts, atomic: true },
    tolerations: atomicList(loose),
    serviceAccountName: text,
    serviceAccount: text,
    automountServiceAccountToken: flag,
    restartPolicy: withDefault(text, 'Always'),
    dnsPolicy: withDefault(text, 'ClusterFirst'),
    terminationGracePeriodSeconds: withDefault(int, 30),
    schedulerName: withDefault(text, 'default-scheduler'),
    securityContext: object({}, { open: true, default: {} }),
  },
  { open: true },
);

export const podStatus: Schema = object({ phase: text, conditions }, { open: true });

export const deploymentSpec: Schema = object({
  replicas: withDefault(int, 1),
  selector,
  template: object({ metadata: metadataSchema, spec: { ...podSpec, present: true } }, { present: true }),
  strategy: {
    ...object({
      type: withDefault(text, 'RollingUpdate'),
      rollingUpdate: object({ maxUnavailable: { intOrString: true }, maxSurge: { intOrString: true } }),
    }),
    default: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    present: true,
  },
  minReadySeconds: int,
  revisionHistoryLimit: withDefault(int, 10),
  paused: flag,
  progressDeadlineSeconds: withDefault(int, 600),
});

export const deploymentStatus: Schema = object({
  observedGeneration: int,
  replicas: int,
  updatedReplicas: int,
  readyReplicas: int,
  availableReplicas: int,
  unavailableReplicas: int,
  terminatingReplicas: int,
  collisionCount: int,
  conditions,
});
