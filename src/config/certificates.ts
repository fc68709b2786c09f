import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pemBlocks } from '../model/pem.ts';
import { readError } from './read.ts';

/** Reads PEM bundles, each file once. */
export class CertificateFiles {
  readonly #read = new Map<string, { pem: string } | { problem: string }>();

  /** @param path absolute. @returns the bundle's certificates and nothing else of the file, or why it cannot be used */
  bundle(path: string): { readonly pem: string } | { readonly problem: string } {
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const result = readBundle(path);
    this.#read.set(path, result);
    return result;
  }
}

function readBundle(path: string): { pem: string } | { problem: string } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { problem: `${path} ${readError(error)}` };
  }
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    return { problem: `${path} holds a private key; name a file with certificates only` };
  const blocks = pemBlocks(text, 'CERTIFICATE');
  if (blocks.length === 0) return { problem: `${path} holds no certificate (PEM)` };
  const broken = blocks.findIndex((pem) => !isCertificate(pem));
  if (broken !== -1) return { problem: `certificate ${broken + 1} of ${path} cannot be read` };
  return { pem: `${blocks.join('\n')}\n` };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== null;
  } catch {
    return false;
  }
}
