import { webcrypto } from 'node:crypto';
import { loadX509 } from '../../src/sandbox/server/x509.ts';

export const configMap = (name: string, data: Readonly<Record<string, string>>): unknown => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'try' },
  data,
});

/** A kind of its own. */
export const things = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.try.rollcall.dev' },
  spec: {
    group: 'try.rollcall.dev',
    scope: 'Cluster',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { size: { type: 'integer' }, colour: { type: 'string', default: 'blue' } },
              },
            },
          },
        },
      },
    ],
  },
};

export const thing = (spec: Readonly<Record<string, unknown>>): unknown => ({
  apiVersion: 'try.rollcall.dev/v1',
  kind: 'Thing',
  metadata: { name: 'a' },
  spec,
});

/** A request for a client certificate, as an agent makes one. */
export async function clientRequest(name: string): Promise<unknown> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }, { O: ['some'] }],
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: Buffer.from(made.toString('pem')).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['digital signature', 'key encipherment', 'client auth'],
      expirationSeconds: 3600,
    },
  };
}

/** @returns a kubeconfig (JSON) of a user with a token */
export function kubeconfigWithToken(server: string, ca: string, token: string): string {
  const name = 'agent';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}
