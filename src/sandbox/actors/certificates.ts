import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { loadX509 } from '../server/x509.ts';
import { names } from './kinds.ts';

/** A fresh private key and a request for it, both PEM. */
export interface KeyAndRequest {
  readonly key: string;
  readonly request: string;
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** @returns the organizations and common name that OCM's agents are known by (facts/ocm 1.7) */
const agentSubject = (
  clusterName: string,
  agentId: string,
): { organizations: readonly string[]; commonName: string } => ({
  organizations: [`${names.identity}${clusterName}`, names.everyAgent],
  commonName: `${names.identity}${clusterName}:${agentId}`,
});

/** Makes an EC key and a PKCS#10 request for an agent's identity; keys are truly random. */
export const requestFor = async (clusterName: string, agentId: string): Promise<KeyAndRequest> => {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const { organizations, commonName } = agentSubject(clusterName, agentId);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ O: [...organizations] }, { CN: [commonName] }],
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'sec1', format: 'pem' });
  return { key: key.toString(), request: `${request.toString('pem')}\n` };
};

/** @returns whom a PKCS#10 request (PEM) asks to be; undefined when it cannot be parsed */
export const subjectOf = async (
  request: string,
): Promise<{ organizations: readonly string[]; commonName: string } | undefined> => {
  const x509 = await loadX509();
  try {
    const { subjectName } = new x509.Pkcs10CertificateRequest(request);
    return { organizations: subjectName.getField('O'), commonName: subjectName.getField('CN')[0] ?? '' };
  } catch {
    return undefined;
  }
};

/** Validity of a certificate, in milliseconds since the epoch. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** @returns the validity of a certificate (PEM) if it is for exactly this agent of this cluster */
export const validityFor = (certificate: string, clusterName: string, agentId: string): Validity | undefined => {
  try {
    const parsed = new X509Certificate(certificate);
    const { CN, O } = parsed.toLegacyObject().subject;
    const { organizations, commonName } = agentSubject(clusterName, agentId);
    const ours = [CN].flat()[0] === commonName && organizations.every((name) => [O].flat().includes(name));
    return ours ? { from: parsed.validFromDate.getTime(), until: parsed.validToDate.getTime() } : undefined;
  } catch {
    return undefined;
  }
};
