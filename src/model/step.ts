import type { AccessQuestion, KubeObject, ResourceType } from './cluster.ts';
import type { Ref, SiteName } from './readings.ts';

/** A way into an object: field names, list indexes, or the list entry whose fields equal the given ones. */
export type Path = readonly (string | number | Readonly<Record<string, string>>)[];

/** A value that a condition compares with: written down, or read from a cluster. */
export type Operand =
  | { readonly value: string | number | boolean }
  | { readonly from: Ref; readonly path: Path }
  /** Latest write (managedFields, status left out) to the object, server-stamped. */
  | { readonly lastWriteTo: Ref };

/**
 * Something that may hold, as data: it can be printed, hashed and tested. Judged three-valued: an unreadable ref makes it
 * unknown, never false.
 */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition; readonly says: string }
  /** `found` also holds for an object that is being deleted; `absent` needs proof. */
  | { readonly ref: Ref; readonly is: 'found' | 'absent' | 'empty' | 'yes'; readonly says: string }
  | { readonly from: Ref; readonly path: Path; readonly equals: Operand; readonly says: string }
  /** Same members, in any order. */
  | { readonly from: Ref; readonly path: Path; readonly sameSet: readonly string[]; readonly says: string }
  | { readonly from: Ref; readonly path: Path; readonly exists: boolean; readonly says: string }
  /** A time at `path`, later than every operand by at least a second (managedFields count whole seconds). */
  | { readonly from: Ref; readonly path: Path; readonly laterThan: readonly Operand[]; readonly says: string }
  /** A time at `path` that is within `seconds` before the reading's server clock (past = max age) or after it. */
  | {
      readonly from: Ref;
      readonly path: Path;
      readonly within: { readonly seconds: number } | { readonly leaseFactor: number; readonly duration: Operand };
      readonly says: string;
    }
  /** A time at `path` still ahead of the reading's server clock. */
  | { readonly from: Ref; readonly path: Path; readonly ahead: true; readonly says: string }
  /** No item of a list has this value at `path`. */
  | { readonly ref: Ref; readonly noneWhere: { readonly path: Path; readonly equals: Operand }; readonly says: string }
  /** Only what a namespace holds of these, by `Kind/name`, or `Kind/*`. */
  | { readonly ref: Ref; readonly holdsOnly: readonly string[]; readonly says: string };

/** How one field is treated apart from "compare and apply". */
export interface FieldRule {
  readonly path: Path;
  /**
   * pinned: a difference is refused. recreate: a difference needs delete and create (roleRef). quantity: compared by value.
   * ours: repaired even where a controller wrote the live value (a default that the hub fills in).
   */
  readonly rule: 'pinned' | 'recreate' | 'quantity' | 'ours';
  readonly says?: string;
}

/** What others made on behalf of a step and what is removed with it. */
export interface Leave {
  readonly ref: Ref;
  /** Of a list: only items whose text at `path` starts so. */
  readonly evidence?: { readonly path: Path; readonly startsWith: string };
  /** Only removed while this holds; otherwise it stays and the plan says so. */
  readonly onlyIf?: Condition;
  readonly says: string;
}

interface StepBase {
  readonly id: string;
  readonly site: SiteName;
  /** For people: what this is, in three to six words. */
  readonly title: string;
  /** Moot while this holds. */
  readonly unless?: Condition;
  /** Wanted absent once this holds. */
  readonly until?: Condition;
  readonly removal?: {
    /** Removed before everything else (at most one step). Its guards are judged in the plan, the others' just before. */
    readonly first?: true;
    readonly guards?: readonly Condition[];
    /** Only removed while this holds; otherwise its objects stay and the plan says so. */
    readonly onlyIf?: Condition;
    /** Where the object says how its deletion goes. */
    readonly progress?: { readonly path: Path };
  };
  readonly leaves?: readonly Leave[];
  readonly shared?: true;
  /** What a change of this step restarts ("the agent"); shown in the plan. */
  readonly restarts?: string;
  /** The agent acts on a change of this step, so that the conditions are waited for afterwards. */
  readonly awaited?: true;
  /** What performing it needs beyond the verbs of its own objects, as a webhook asks for. */
  readonly rights?: readonly AccessQuestion[];
}

/** These objects exist on this site with these fields; server-side apply. */
export interface ObjectStep extends StepBase {
  readonly kind: 'object';
  readonly fieldManager: string;
  readonly objects: readonly { readonly type: ResourceType; readonly object: KubeObject; readonly ref: Ref }[];
  readonly fieldRules?: readonly FieldRule[];
  /** Written along whenever the step is performed, but no reason to perform it. */
  readonly uncompared?: readonly Path[];
}

/** `site` holds a usable kubeconfig Secret, issued by TokenRequest for a ServiceAccount of `issuer`. */
export interface CredentialStep extends StepBase {
  readonly kind: 'credential';
  readonly fieldManager: string;
  readonly issuer: SiteName;
  readonly serviceAccount: { readonly namespace: string; readonly name: string; readonly ref: Ref };
  readonly secret: { readonly namespace: string; readonly name: string; readonly key: string; readonly ref: Ref };
  /** What the kubeconfig must say. `ca` is PEM; compared as a set of certificates. */
  readonly kubeconfig: {
    readonly server: string;
    readonly ca?: string;
    readonly caFingerprints: readonly string[];
    readonly proxyUrl?: string;
    readonly tlsServerName?: string;
    readonly clusterName: string;
    readonly userName: string;
    readonly contextName: string;
  };
  readonly expirationSeconds: number;
}

/** The CertificateSigningRequest that provably belongs to this member is approved. */
export interface ApprovalStep extends StepBase {
  readonly kind: 'approval';
  /** The list of candidate requests. */
  readonly requests: Ref;
  readonly evidence: {
    readonly signerName: string;
    readonly usages: readonly string[];
    readonly requester: string;
    /** UID of that very account: an earlier one of the same name is somebody else. */
    readonly requesterUid: Operand;
    readonly organizations: readonly string[];
    readonly commonNamePrefix: string;
    /** The rest of the common name, where it is known (singleton: the Klusterlet's UID). */
    readonly commonNameSuffix?: Operand;
    /** Labels that must not be there (add-on requests). */
    readonly withoutLabels: readonly string[];
  };
  /** From this many requests on, whoever made them, the agent asks no more. */
  readonly requestLimit: number;
}

/** Performed by nobody: `required` ones refuse before the first write, the others are waited for. */
export interface ConditionStep extends StepBase {
  readonly kind: 'condition';
  readonly condition: Condition;
  readonly required?: true;
  /** What a required one that does not hold means: refused for good, or pending (waited for before the first write). */
  readonly otherwise?: 'refused' | 'pending';
  /** What to do when it does not hold. */
  readonly next?: string;
}

export type Step = ObjectStep | CredentialStep | ApprovalStep | ConditionStep;
export type StepKind = Step['kind'];

/** One field that differs. Values are JSON; secrets never get here. */
export interface FieldDiff {
  /** `Klusterlet/klusterlet` or `Namespace/x`; namespaced ones as `Secret/ns/name`. */
  readonly object: string;
  /** As in `.spec.resourceRequirement.type` */
  readonly path: string;
  readonly live?: unknown;
  readonly desired?: unknown;
  /** Who wrote the live value last, and when (managedFields). */
  readonly by?: { readonly manager: string; readonly at?: string };
}

/** Where a step stands. */
export type Assessment =
  | { readonly is: 'satisfied' }
  | { readonly is: 'missing'; readonly objects: readonly string[] }
  | { readonly is: 'drifted'; readonly fields: readonly FieldDiff[] }
  /** Present but no longer wanted (`until` holds). */
  | { readonly is: 'surplus'; readonly objects: readonly string[] }
  | { readonly is: 'pending'; readonly waitingFor: string }
  | { readonly is: 'refused'; readonly reason: string; readonly next?: string }
  | { readonly is: 'unknown'; readonly reason: string; readonly next?: string };
