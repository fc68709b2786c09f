import { generateKeyPairSync } from 'node:crypto';
import { createCertificateAuthority, type KeyPair } from '../../src/sandbox/server/certificates.ts';

/** Everything secret of one control plane: one authority for serving, clients and CSR signing, and the token keys. */
export interface PlaneCredentials {
  /** PEM */
  readonly ca: string;
  /** A client of `system:masters`. */
  readonly client: KeyPair;
  /** By file name, as the programs' flags name them. */
  readonly files: Readonly<Record<'kubeconfig' | (typeof fileNames)[number], string>>;
}

const fileNames = ['ca.crt', 'ca.key', 'serving.crt', 'serving.key', 'sa.key', 'sa.pub'] as const;

/**
 * Makes new credentials.
 * @param name of the control plane: names context, cluster and user in the kubeconfig
 * @param server its URL
 */
export async function makeCredentials(name: string, server: string): Promise<PlaneCredentials> {
  const authority = await createCertificateAuthority({ now: () => Date.now(), random: () => Math.random() });
  const serving = await authority.serving();
  const client = await authority.client({ commonName: 'admin', organizations: ['system:masters'] });
  const tokens = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    ca: authority.certificate,
    client,
    files: {
      'ca.crt': authority.certificate,
      'ca.key': authority.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'serving.crt': serving.certificate,
      'serving.key': serving.key,
      'sa.key': tokens.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'sa.pub': tokens.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      kubeconfig: kubeconfig(name, server, authority.certificate, client),
    },
  };
}

/** @returns a kubeconfig (YAML) with one context; everything is in it, nothing is referred to by path */
export function kubeconfig(name: string, server: string, ca: string, client: KeyPair): string {
  const base64 = (pem: string): string => Buffer.from(pem).toString('base64');
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters:
  - name: ${name}
    cluster:
      server: ${server}
      certificate-authority-data: ${base64(ca)}
users:
  - name: ${name}
    user:
      client-certificate-data: ${base64(client.certificate)}
      client-key-data: ${base64(client.key)}
contexts:
  - name: ${name}
    context:
      cluster: ${name}
      user: ${name}
`;
}
