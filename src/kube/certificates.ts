import { createHash, X509Certificate } from 'node:crypto';
import type { CertificateFacts } from '../model/cluster.ts';
import { rfc3339 } from './clock.ts';

const pemCertificate = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g;

/**
 * @param pem a bundle in any order, with any text around the certificates
 * @returns sorted SHA-256 fingerprints (lower-case hex), each once: bundles are equal when these are
 * @throws Error when it holds no certificate or one that cannot be parsed
 */
export function fingerprints(pem: string): string[] {
  const found = pem.match(pemCertificate);
  if (found === null) throw new Error('no certificate in it');
  const prints = found.map((block) => createHash('sha256').update(new X509Certificate(block).raw).digest('hex'));
  return [...new Set(prints)].toSorted();
}

/**
 * @param pem its first certificate counts
 * @throws Error when there is none
 */
export function certificateFacts(pem: string): CertificateFacts {
  const block = pem.match(pemCertificate)?.[0];
  if (block === undefined) throw new Error('no certificate in it');
  const certificate = new X509Certificate(block);
  const subject = certificate.toLegacyObject().subject;
  return {
    commonName: several(subject['CN']).at(-1) ?? '',
    organizations: several(subject['O']),
    notBefore: rfc3339(Date.parse(certificate.validFrom)),
    notAfter: rfc3339(Date.parse(certificate.validTo)),
  };
}

const several = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === 'string');
