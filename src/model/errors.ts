/** Why a cluster did not give what was asked. Decided once, in `kube/`. */
export type ClusterErrorKind =
  | 'unreachable' // DNS, refused, reset before an answer
  | 'timeout'
  | 'tls'
  | 'auth' // 401, or no credential could be made
  | 'forbidden' // 403
  | 'conflict' // 409: resourceVersion or field ownership
  | 'invalid' // 400, 422, or 500 "field not declared in schema"
  | 'denied' // an admission webhook said no
  | 'not-served' // the kind is not served (a 404 that does not name an object)
  | 'not-found' // a write to an object that is proven absent
  | 'expired' // 410: list or watch position too old
  | 'unavailable' // 429, 5xx after retries
  | 'not-kubernetes'; // something answered that is no API server (a proxy's page)

/**
 * A request to a cluster that failed. `message` is one sentence for the user without response bodies, headers or
 * secrets; `next` says what to do about it where that is known.
 */
export class ClusterError extends Error {
  readonly kind: ClusterErrorKind;
  readonly retryable: boolean;
  readonly next: string | undefined;
  /** Of a field ownership conflict: who holds which fields. */
  readonly conflicts: readonly { manager: string; field: string }[];
  constructor(
    kind: ClusterErrorKind,
    message: string,
    options: {
      retryable?: boolean;
      next?: string;
      conflicts?: readonly { manager: string; field: string }[];
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ClusterError';
    this.kind = kind;
    this.retryable = options.retryable ?? false;
    this.next = options.next;
    this.conflicts = options.conflicts ?? [];
  }
}

/** Exit codes of the program (README, "Exit codes"); first match from the top wins. */
export const exitCodes = {
  bug: 1,
  interrupted: 130,
  terminated: 143,
  usage: 3,
  refused: 4,
  hubUnobserved: 6,
  incomplete: 5,
  pending: 2,
  ok: 0,
} as const;

/** What makes the whole run meaningless: thrown, printed as it is, never with a stack. */
export class RunError extends Error {
  readonly exitCode: number;
  readonly next: string | undefined;
  constructor(exitCode: number, message: string, next?: string) {
    super(message);
    this.name = 'RunError';
    this.exitCode = exitCode;
    this.next = next;
  }
}
