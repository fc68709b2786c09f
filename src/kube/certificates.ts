import { createHash, X509Certificate } from 'node:crypto';
import type { CertificateFacts, CertificateRequestFacts } from '../model/cluster.ts';
import { pemBlocks } from '../model/pem.ts';
import { rfc3339 } from './clock.ts';

const blocksIn = (pem: string): readonly string[] => pemBlocks(pem, 'CERTIFICATE', 'TRUSTED CERTIFICATE');

/** Every member's agent holds the CA of its hub: a few bundles are met thousands of times. */
const knownPrints = new Map<string, readonly string[]>();
const maxKnownPrints = 64;

/**
 * @param pem a bundle in any order, with any text around the certificates
 * @returns sorted SHA-256 fingerprints (lower-case hex), each once: bundles are equal when these are
 * @throws Error when it holds no certificate or one that cannot be parsed
 */
export function fingerprints(pem: string): readonly string[] {
  const known = knownPrints.get(pem);
  if (known !== undefined) return known;
  const made = printsOf(pem);
  if (knownPrints.size >= maxKnownPrints) knownPrints.clear();
  knownPrints.set(pem, made);
  return made;
}

function printsOf(pem: string): readonly string[] {
  const found = blocksIn(pem);
  if (found.length === 0) throw new Error('no certificate in it');
  const prints = found.map((block) => createHash('sha256').update(new X509Certificate(block).raw).digest('hex'));
  return [...new Set(prints)].toSorted();
}

/**
 * @param pem its first certificate counts
 * @throws Error when there is none
 */
export const certificateFacts = (pem: string): CertificateFacts => factsOf(firstIn(pem));

/**
 * @param pem what a signer made of a request: it copies the subject, and signs no request whose own signature does not verify
 * @returns the certificate's facts, and those of the request as far as it was granted
 * @throws Error when there is no certificate in it
 */
export function issuedFacts(pem: string): { certificate: CertificateFacts; request: CertificateRequestFacts } {
  const parsed = firstIn(pem);
  const certificate = factsOf(parsed);
  const { commonName, organizations } = certificate;
  const subjectAltNames = parsed.subjectAltName?.split(', ') ?? [];
  return { certificate, request: { commonName, organizations, subjectAltNames, signatureValid: true } };
}

function firstIn(pem: string): X509Certificate {
  const [block] = blocksIn(pem);
  if (block === undefined) throw new Error('no certificate in it');
  return new X509Certificate(block);
}

function factsOf(certificate: X509Certificate): CertificateFacts {
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
