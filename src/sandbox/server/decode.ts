import type { KubeObject } from '../../model/cluster.ts';
import { prune } from './fields/schema.ts';
import type { ServedType } from './resources.ts';
import type { ResourceRoute } from './route.ts';
import { ApiError, badRequest, invalid } from './status.ts';

const largest = 3 * 1024 * 1024;

type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const unrecognized = (type: ServedType) => `the object provided is unrecognized (must be of type ${type.kind})`;

/**
 * @returns the JSON value of a request body
 * @throws ApiError 400, or 413 for more than 3 MiB
 */
export function parseBody(body: string | undefined, type: ServedType): unknown {
  if (body !== undefined && body.length > largest) {
    throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${largest}`);
  }
  try {
    return JSON.parse(body ?? '');
  } catch (error) {
    const why = error instanceof Error ? error.message : 'invalid JSON';
    throw badRequest(`${unrecognized(type)}: couldn't get version/kind; json parse error: ${why}`);
  }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== null)
      .map(([key, child]) => [key, withoutNulls(child)]),
  );
}

const optional = ['labels', 'annotations', 'finalizers', 'ownerReferences', 'managedFields'];

function cleanMetadata(written: unknown): Fields {
  if (written !== undefined && written !== null && !isFields(written)) throw badRequest('metadata must be an object');
  const { selfLink: _, ...metadata } = { ...written };
  return Object.fromEntries(
    Object.entries(metadata).filter(([key, value]) => {
      if (value === null || value === '') return false;
      return !optional.includes(key) || key === 'managedFields' || Object.keys(Object(value)).length > 0;
    }),
  );
}

/**
 * Makes an object of the type out of a JSON value: identity filled in from the URL, nulls that mean "absent" left out.
 * @throws ApiError 400 when it is another kind or contradicts the URL
 */
export function asObject(value: unknown, type: ServedType, route: ResourceRoute): KubeObject {
  if (!isFields(value)) throw badRequest('the body is not an object');
  const { kind, apiVersion } = value;
  if (type.custom && !kind) {
    const text = JSON.stringify(value).slice(0, 500);
    throw badRequest(`${unrecognized(type)}: Object 'Kind' is missing in '${text}' (${text})`);
  }
  if (kind && kind !== type.kind) {
    if (type.custom) {
      const problem = {
        reason: 'FieldValueInvalid',
        field: 'kind',
        message: `Invalid value: "${String(kind)}": must be ${type.kind}`,
      };
      throw invalid({ ...type, kind: String(kind) }, route.name ?? '', [problem]);
    }
    const what = `${String(kind)} in version "${String(apiVersion ?? type.version)}"`;
    throw badRequest(`${what} cannot be handled as a ${type.kind}: unknown conversion`);
  }
  if (apiVersion && apiVersion !== type.apiVersion) {
    throw badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${type.apiVersion})`,
    );
  }
  const metadata = { ...cleanMetadata(value['metadata']) };
  if (type.namespaced && route.namespace !== undefined) {
    if (metadata['namespace'] !== undefined && metadata['namespace'] !== route.namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
    metadata['namespace'] = route.namespace;
  } else if (!type.namespaced) delete metadata['namespace'];
  if (route.name !== undefined && (metadata['name'] ?? route.name) !== route.name) {
    throw badRequest(
      `the name of the object (${String(metadata['name'])}) does not match the name on the URL (${route.name})`,
    );
  }
  const name = String(metadata['name'] ?? route.name ?? '');
  const rest = type.custom ? value : (withoutNulls(value) as Fields);
  return { ...rest, kind: type.kind, apiVersion: type.apiVersion, metadata: { ...metadata, name } };
}

/**
 * Drops the fields that the type does not declare.
 * @returns the object and one warning per dropped field, as the Warning header words it
 * @throws ApiError 400 when the client asked for strict field validation
 */
export function pruned(
  object: KubeObject,
  type: ServedType,
  validation: string | null,
): { object: KubeObject; warnings: string[] } {
  if (!type.schema) return { object, warnings: [] };
  const result = prune(type.schema, object);
  const unknown = result.dropped.map((path) => `unknown field "${path.replace(/^\./, '')}"`);
  if (unknown.length > 0 && validation === 'Strict') {
    throw badRequest(
      `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: strict decoding error: ${unknown.join(', ')}`,
    );
  }
  return { object: result.object, warnings: validation === 'Ignore' ? [] : unknown };
}
