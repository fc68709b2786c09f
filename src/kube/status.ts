import type { ObjectKey } from '../model/cluster.ts';
import { ClusterError, type ClusterErrorKind } from '../model/errors.ts';
import { arrayAt, at, isObject, textAt } from './json.ts';

/** One answer, parsed. */
export interface Reply {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, when it is JSON. */
  readonly json: unknown;
  readonly text: string;
}

/** What was asked, for messages. */
export interface Asked {
  /** `list managedclusters.cluster.open-cluster-management.io` */
  readonly what: string;
  /** Its body holds secret bytes: nothing of the server's own words, which may quote them, is repeated. */
  readonly secret?: boolean;
}

const isStatus = (json: unknown): boolean =>
  isObject(json) && json['kind'] === 'Status' && textAt(json, 'apiVersion') !== undefined;

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '');

/** @returns `managedclusters.cluster.open-cluster-management.io`, `secrets` */
export const resourceName = (apiVersion: string, resource: string): string => {
  const group = groupOf(apiVersion);
  return group === '' ? resource : `${resource}.${group}`;
};

/** Only this proves that an object is absent: a Status 404 by somebody who knows the kind and names the object. */
export function saysAbsent(reply: Reply, key: ObjectKey): boolean {
  if (reply.code !== 404 || !isStatus(reply.json) || textAt(reply.json, 'reason') !== 'NotFound') return false;
  const kind = textAt(reply.json, 'details', 'kind');
  return (
    textAt(reply.json, 'details', 'name') === key.name &&
    (textAt(reply.json, 'details', 'group') ?? '') === groupOf(key.type.apiVersion) &&
    (kind === key.type.resource || kind === key.type.kind)
  );
}

/** @returns the reply as an error; called for everything that is not 2xx */
export function failureOf(reply: Reply, asked: Asked, expired: string | undefined): ClusterError {
  const { code } = reply;
  const fail = (kind: ClusterErrorKind, message: string, options: ConstructorParameters<typeof ClusterError>[2] = {}) =>
    new ClusterError(kind, message, options);
  if (code === 401 && !isHtml(reply))
    return fail('auth', `401, ${expired ?? 'the server does not know this credential'}`);
  if (!isStatus(reply.json)) return withoutStatus(reply, asked);
  const said = asked.secret ? (textAt(reply.json, 'reason') ?? `HTTP ${code}`) : saidBy(reply.json);
  const denial = /^admission webhook "([^"]+)" denied the request(?: without explanation)?:? ?(.*)$/s.exec(
    saidBy(reply.json),
  );
  if (denial !== null) {
    const why = asked.secret || !denial[2] ? '' : `: ${denial[2]}`;
    return fail('denied', `webhook "${denial[1]}" denied to ${asked.what}${why}`);
  }
  if (/^.*ValidatingAdmissionPolicy '([^']+)'.* denied request/.test(saidBy(reply.json))) {
    return fail('denied', `an admission policy denied to ${asked.what}: ${said}`);
  }
  const webhook = /failed calling webhook "([^"]+)"/.exec(saidBy(reply.json))?.[1];
  if (webhook !== undefined) {
    return fail(
      'unavailable',
      `webhook "${webhook}" does not answer and fails closed, so the server refused to ${asked.what}`,
      {
        retryable: true,
        next: 'repair the webhook or its service on that cluster; re-running is safe',
      },
    );
  }
  switch (code) {
    case 403:
      return hasCause(reply.json, 'NamespaceTerminating')
        ? fail('unavailable', `${asked.what}: the namespace is being deleted`, { retryable: true })
        : forbidden(reply.json, asked);
    case 404:
      return textAt(reply.json, 'details', 'name') === undefined
        ? fail('not-served', `${asked.what}: the server does not serve this kind`)
        : fail('not-found', `${asked.what}: ${said}`);
    case 409:
      return conflict(reply.json, asked, said);
    case 410:
      return fail('expired', `${asked.what}: the position in the list is too old`, { retryable: true });
    case 400:
    case 405:
    case 413:
    case 415:
    case 422:
      return fail('invalid', `${asked.what}: ${said}`);
  }
  if (isSchemaError(reply)) return fail('invalid', `${asked.what}: ${said}`);
  if (code === 429 || code >= 500)
    return fail('unavailable', `the server failed to ${asked.what} (${code}): ${said}`, { retryable: true });
  return fail('not-kubernetes', `${asked.what}: unexpected HTTP ${code}`);
}

/** kube-apiserver says 500 to a field that the CRD does not know; that does not pass by waiting. */
export const isSchemaError = (reply: Reply): boolean =>
  reply.code === 500 && /field not declared in schema/.test(saidBy(reply.json));

const isHtml = (reply: Reply): boolean =>
  /html/i.test(reply.headers['content-type'] ?? '') || /^\s*<(!doctype|html)/i.test(reply.text);

/** @returns an answer that no API server gives, as an error */
export function notKubernetes(reply: Reply, asked: Asked): ClusterError {
  const shape = isHtml(reply) ? 'an HTML page' : reply.json === undefined ? 'no JSON' : 'JSON of another kind';
  return new ClusterError(
    'not-kubernetes',
    `${asked.what}: got ${shape} (HTTP ${reply.code}) instead of an answer of an API server`,
    {
      next: 'check the server address and the proxies on the way',
    },
  );
}

function withoutStatus(reply: Reply, asked: Asked): ClusterError {
  const plain = reply.json === undefined && !isHtml(reply) && !(reply.code >= 300 && reply.code < 400);
  if (plain && reply.code === 404)
    return new ClusterError('not-served', `${asked.what}: the server does not serve this kind (404 without a Status)`);
  if (plain && (reply.code === 429 || reply.code >= 500)) {
    return new ClusterError('unavailable', `the server failed to ${asked.what} (HTTP ${reply.code})`, {
      retryable: true,
    });
  }
  return notKubernetes(reply, asked);
}

/** @returns the Status message as one line of bounded length */
function saidBy(status: unknown): string {
  const message = textAt(status, 'message') ?? textAt(status, 'reason') ?? 'no reason given';
  const line = message.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}

const hasCause = (status: unknown, reason: string): boolean =>
  arrayAt(status, 'details', 'causes').some((cause) => textAt(cause, 'reason') === reason);

function forbidden(status: unknown, asked: Asked): ClusterError {
  const said = saidBy(status);
  const rbac = /User "([^"]+)" cannot (\S+) resource "([^"]+)" in API group "([^"]*)"(.*?)(?:: RBAC:.*)?$/.exec(said);
  if (rbac === null) return new ClusterError('forbidden', `${asked.what}: ${asked.secret ? 'forbidden' : said}`);
  const [, user, verb, resource, group, where = ''] = rbac;
  if (user === 'system:anonymous') {
    return new ClusterError('auth', '403, the server sees no credential (system:anonymous)', {
      next: 'give the context a user',
    });
  }
  const what = `${verb} ${resource}${group ? `.${group}` : ''}${where}`;
  return new ClusterError('forbidden', `${user} may not ${what}`, { next: `grant ${user} to ${what}` });
}

function conflict(status: unknown, asked: Asked, said: string): ClusterError {
  const conflicts = arrayAt(status, 'details', 'causes')
    .filter((cause) => textAt(cause, 'reason') === 'FieldManagerConflict')
    .map((cause) => ({
      manager: /conflict with "([^"]*)"/.exec(textAt(cause, 'message') ?? '')?.[1] ?? 'another manager',
      field: textAt(cause, 'field') ?? '',
    }));
  if (conflicts.length > 0) {
    const who = [...new Set(conflicts.map((each) => each.manager))].join(', ');
    const fields = conflicts.map((each) => each.field).join(', ');
    return new ClusterError('conflict', `${asked.what}: ${fields} held by ${who}`, { conflicts });
  }
  return textAt(status, 'reason') === 'Conflict' &&
    at(status, 'message') !== undefined &&
    /modified|Precondition/.test(said)
    ? new ClusterError('conflict', `${asked.what}: the object changed meanwhile`, { retryable: true })
    : new ClusterError('conflict', `${asked.what}: ${said}`);
}
