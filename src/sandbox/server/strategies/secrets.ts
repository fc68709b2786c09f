import { badRequest, type FieldProblem } from '../status.ts';
import type { Strategy } from '../strategy.ts';

const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
const tokenType = 'kubernetes.io/service-account-token';
const required: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
};

function texts(value: unknown): Record<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.map(([key, text]) => [key, String(text)]));
}

/** `stringData` is written, never read; a Secret keeps its type; a token Secret must name its ServiceAccount. */
export const secrets: Strategy = {
  defaults(object) {
    const { stringData, data, ...rest } = object;
    const type = typeof rest['type'] === 'string' && rest['type'] !== '' ? rest['type'] : 'Opaque';
    const written = Object.entries(texts(stringData)).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
    const all = { ...texts(data), ...Object.fromEntries(written) };
    const { kind, apiVersion, metadata } = object;
    return { ...rest, kind, apiVersion, metadata, ...(Object.keys(all).length > 0 ? { data: all } : {}), type };
  },
  check(object, { before }) {
    const problems: FieldProblem[] = [];
    if (before && before['type'] !== object['type']) {
      problems.push({
        reason: 'FieldValueInvalid',
        field: 'type',
        message: `Invalid value: "${String(object['type'])}": field is immutable`,
      });
    }
    if (object['type'] === tokenType && !object.metadata.annotations?.['kubernetes.io/service-account.name']) {
      problems.push({
        reason: 'FieldValueRequired',
        field: 'metadata.annotations[kubernetes.io/service-account.name]',
        message: 'Required value',
      });
    }
    for (const key of required[String(object['type'])] ?? []) {
      if (Object.hasOwn(texts(object['data']), key)) continue;
      problems.push({ reason: 'FieldValueRequired', field: `data[${key}]`, message: 'Required value' });
    }
    for (const [key, value] of Object.entries(texts(object['data']))) {
      if (!base64.test(value)) {
        throw badRequest('Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0');
      }
      if (/^[-._a-zA-Z0-9]+$/.test(key)) continue;
      problems.push({
        reason: 'FieldValueInvalid',
        field: `data[${key}]`,
        message: `Invalid value: "${key}": a valid config key must consist of alphanumeric characters, '-', '_' or '.'`,
      });
    }
    return problems;
  },
};
