import { applyPatch, type Operation } from 'rfc6902';
import { isFields } from './decode.ts';
import { ApiError, badRequest, unsupportedMediaType } from './status.ts';
import { strategicMerge } from './strategic-merge.ts';

type Fields = Readonly<Record<string, unknown>>;

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** RFC 7386: objects merge, null deletes, everything else replaces. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged: Record<string, unknown> = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

function rejected(): ApiError {
  return new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {
    details: {},
  });
}

function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: json: cannot unmarshal object into a JSON patch');
  const copy: unknown = structuredClone(target);
  const failure = applyPatch(copy, patch as Operation[]).find((error) => error !== null);
  if (failure) throw rejected();
  return copy;
}

/**
 * Applies a patch that is no server-side apply.
 * @param contentType of the request, without parameters
 * @param custom custom resources know no strategic merge
 * @throws ApiError 400, 415, 422
 */
export function patched(target: Fields, contentType: string, patch: unknown, custom: boolean): unknown {
  if (!Object.values<string>(patchTypes).includes(contentType)) {
    throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', { details: {} });
  }
  if (contentType === patchTypes.json) return jsonPatch(target, patch);
  if (!isFields(patch)) throw badRequest('the patch is not an object');
  if (contentType === patchTypes.merge) return mergePatch(target, patch);
  if (contentType === patchTypes.strategic && !custom) return strategicMerge(target, patch);
  const { json, merge, strategic, apply } = patchTypes;
  throw unsupportedMediaType(custom ? [json, merge, apply] : [json, merge, strategic, apply]);
}
