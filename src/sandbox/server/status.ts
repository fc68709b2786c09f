import type { ServerResponse } from './types.ts';

/** One entry of a Status's `details.causes`. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

interface Details {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** The names of a resource as error messages spell them. */
export interface Named {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
}

/** A request that is answered with a Status of kind Failure. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Details | undefined;
  /** Only the Expired answer to a paged list carries one. */
  readonly continueToken: string | undefined;
  constructor(
    code: number,
    reason: string,
    message: string,
    options: { details?: Details; continueToken?: string } = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = options.details;
    this.continueToken = options.continueToken;
  }

  /** @returns the Status object, its fields in the order in which kube-apiserver writes them */
  status(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** @returns `managedclusters.cluster.open-cluster-management.io`, or the bare resource in the core group */
export function qualified(type: { group: string; resource: string }): string {
  return type.group === '' ? type.resource : `${type.resource}.${type.group}`;
}

function about(type: Named, name: string, kind = type.resource, causes?: readonly Cause[]): { details: Details } {
  return {
    details: {
      ...(name === '' ? {} : { name }),
      ...(type.group === '' ? {} : { group: type.group }),
      kind,
      ...(causes === undefined ? {} : { causes }),
    },
  };
}

export function notFound(type: Named, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualified(type)} "${name}" not found`, about(type, name));
}

export function alreadyExists(type: Named, name: string): ApiError {
  return new ApiError(409, 'AlreadyExists', `${qualified(type)} "${name}" already exists`, about(type, name));
}

export function conflict(type: Named, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(type)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, about(type, name));
}

/** The 409 of an optimistic update that lost. */
export function modified(type: Named, name: string): ApiError {
  return conflict(
    type,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

export function forbidden(type: Named, name: string, why: string, causes?: readonly Cause[]): ApiError {
  const subject = name === '' ? qualified(type) : `${qualified(type)} "${name}"`;
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${why}`, about(type, name, type.resource, causes));
}

/** A problem with one field, as field validation words it. `reason` is `FieldValueInvalid`, `FieldValueRequired`, … */
export interface FieldProblem {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

export function invalid(type: Named, name: string, problems: readonly FieldProblem[]): ApiError {
  const texts = problems.map((problem) => `${problem.field}: ${problem.message}`);
  const kind = type.group === '' ? type.kind : `${type.kind}.${type.group}`;
  const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new ApiError(
    422,
    'Invalid',
    `${kind} "${name}" is invalid: ${all}`,
    about(
      type,
      name,
      type.kind,
      problems.map(({ reason, message, field }) => ({ reason, message, field })),
    ),
  );
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function methodNotAllowed(): ApiError {
  return new ApiError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {
    details: {},
  });
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const list = accepted.join(', ');
  return new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  );
}

/** A path that no handler serves is answered with plain text, not with a Status. */
export const pageNotFound: ServerResponse = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: '404 page not found\n',
};

/** What the built-in groups answer for a resource they do not serve: a Status that names no object. */
export function unknownResource(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', { details: {} });
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): ServerResponse {
  return jsonText(status, JSON.stringify(body), headers);
}

export function jsonText(status: number, body: string, headers: Readonly<Record<string, string>> = {}): ServerResponse {
  return {
    status,
    headers: { 'cache-control': 'no-cache, private', 'content-type': 'application/json', ...headers },
    body,
  };
}
