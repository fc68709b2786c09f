import { webcrypto } from 'node:crypto';
import { loadX509 } from '../../src/sandbox/server/x509.ts';

/** @returns a PKCS#10 request (PEM) for a new P-256 key under this common name */
export async function certificateRequest(commonName: string): Promise<string> {
  const x509 = await loadX509();
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const name = [{ CN: [commonName] }];
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm });
  return request.toString('pem');
}
