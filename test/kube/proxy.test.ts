import { describe, expect, test } from 'vitest';
import { proxyFor } from '../../src/kube/proxy.ts';

const chosen = (server: string, variables: Record<string, string>, configured?: string): string | undefined =>
  proxyFor(new URL(server), configured, variables)?.href;

const proxied = { HTTPS_PROXY: 'http://p:3128' };

test('the kubeconfig wins over the environment, and its scheme may be left out', () => {
  expect(chosen('https://api:6443', proxied, 'http://mine:8080')).toBe('http://mine:8080/');
  expect(chosen('https://api:6443', proxied, 'mine:8080')).toBe('http://mine:8080/');
  expect(chosen('https://127.0.0.1:6443', { NO_PROXY: '*' }, 'http://mine:8080')).toBe('http://mine:8080/');
});

test('the environment is read by the scheme of the server, upper case first', () => {
  expect(chosen('https://api', {})).toBeUndefined();
  expect(chosen('https://api', { HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:1' })).toBe(
    'http://upper:1/',
  );
  expect(chosen('https://api', { https_proxy: 'http://lower:1' })).toBe('http://lower:1/');
  expect(chosen('https://api', { HTTP_PROXY: 'http://p:1' })).toBeUndefined();
  expect(chosen('http://api', { HTTP_PROXY: 'http://p:1' })).toBe('http://p:1/');
});

describe('NO_PROXY', () => {
  test.each([
    ['*', 'https://api.example', true],
    ['example', 'https://api.example', true],
    ['.example', 'https://api.example', true],
    ['*.example', 'https://api.example', true],
    ['.api.example', 'https://api.example', false],
    ['ample', 'https://api.example', false],
    ['API.Example', 'https://api.example', true],
    ['api.example:6443', 'https://api.example:6443', true],
    ['api.example:443', 'https://api.example', true],
    ['api.example:443', 'https://api.example:6443', false],
    [' other , api.example ', 'https://api.example', true],
    ['10.0.0.0/8', 'https://10.4.0.7:6443', true],
    ['10.0.0.0/8', 'https://11.4.0.7:6443', false],
    ['10.0.0.0/8', 'https://ten.example', false],
    ['10.4.0.7', 'https://10.4.0.7:6443', true],
    ['fd00::/8', 'https://[fd00::1]:6443', true],
    ['fd00::1', 'https://[fd00::1]:6443', true],
    ['[fd00::1]:6443', 'https://[fd00::1]:6443', true],
    ['10.0.0.0/99', 'https://10.4.0.7', false],
    ['', 'https://api.example', false],
  ])('%s and %s: %s', (list, server, exempt) => {
    expect(chosen(server, { ...proxied, NO_PROXY: list }) === undefined).toBe(exempt);
    expect(chosen(server, { ...proxied, no_proxy: list }) === undefined).toBe(exempt);
  });

  test.each(['https://localhost:6443', 'https://127.0.0.1', 'https://127.8.0.1', 'https://[::1]:6443'])(
    'is not needed for %s',
    (server) => {
      expect(chosen(server, proxied)).toBeUndefined();
    },
  );
});

test('what is no HTTP proxy is refused', () => {
  expect(() => chosen('https://api', {}, 'socks5://p:1080')).toThrow(
    'proxy-url names a SOCKS proxy, which is not supported',
  );
  expect(() => chosen('https://api', { HTTPS_PROXY: 'ftp://p' })).toThrow(
    'HTTPS_PROXY has the scheme ftp, which is no HTTP proxy',
  );
  expect(() => chosen('https://api', { HTTPS_PROXY: 'http://[' })).toThrow('HTTPS_PROXY is not a URL');
});

test('credentials that cannot be decoded are refused, without being quoted', () => {
  const refused = (server: string, variables: Record<string, string>, configured?: string) => () =>
    chosen(server, variables, configured);
  const message = 'has a user or password that is not percent-encoded';
  expect(refused('https://api', { HTTPS_PROXY: 'http://me:100%@p' })).toThrow(
    expect.objectContaining({ kind: 'unreachable', message: `HTTPS_PROXY ${message}` }),
  );
  expect(refused('https://api', {}, 'http://m%zz:x@p')).toThrow(`proxy-url ${message}`);
  expect(chosen('https://api', {}, 'http://me:100%25@p')).toBe('http://me:100%25@p/');
});
