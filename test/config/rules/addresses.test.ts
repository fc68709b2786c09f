import { expect, test } from 'vitest';
import { head, onProd, problemsOf } from '../load-text.ts';
import { testEach, withOptions } from './cases.ts';

testEach([
  {
    name: 'addresses that are none, or not https',
    text: `${head}hubs:\n  - { name: prod, type: ocm, endpoint: { server: "http://hub:6443" } }\n  - { name: next, type: ocm, endpoint: { server: "https:hub", proxyUrl: "socks5://p:1080" } }\nmembers: []\n`,
    problems: [
      '5:50 invalid-address hubs[0].endpoint.server',
      '6:50 invalid-address hubs[1].endpoint.server',
      '6:73 invalid-address hubs[1].endpoint.proxyUrl',
    ],
  },
  {
    name: 'addresses of a member',
    text: withOptions('externalServerURL: "http://a",\nclientConfigs: [{ url: "ftp://b" }]'),
    problems: [
      '8:26 invalid-address members[0].registrations[0].options.externalServerURL',
      '9:30 invalid-address members[0].registrations[0].options.clientConfigs[0].url',
    ],
  },
  {
    name: 'a user and password in an address',
    text: `${head}hubs:\n  - { name: prod, type: ocm, endpoint: { proxyUrl: "http://me:hunter2@proxy:3128" } }\nmembers: []\n`,
    problems: ['5:52 credentials-in-address hubs[0].endpoint.proxyUrl'],
    says: 'proxyUrl holds a user or password',
  },
  {
    name: 'two ways to reach a cluster at once',
    text: onProd(
      'members:\n  - { name: a, access: { inCluster: true, context: x } }\n  - { name: b, access: { server: "https://b", kubeconfig: k, tokenFile: t } }\n',
    ),
    problems: [
      '6:43 incomplete-access members[0].access.context',
      '7:47 incomplete-access members[1].access.kubeconfig',
    ],
  },
  {
    name: 'a server without a token file, a CA file without a server',
    text: onProd(
      'members:\n  - { name: a, access: { server: "https://a" } }\n  - { name: b, access: { caFile: c, tokenFile: t } }\n',
    ),
    problems: ['6:24 incomplete-access members[0].access', '7:24 incomplete-access members[1].access'],
  },
  {
    name: 'a lookup and a server',
    text: `${head}hubs:\n  - { name: prod, type: ocm, endpoint: { lookup: cluster-info, server: "https://hub" } }\nmembers: []\n`,
    problems: ['5:64 lookup-with-server hubs[0].endpoint.server'],
  },
  {
    name: 'two members of one context',
    text: onProd('members:\n  - { name: a, access: { context: x } }\n  - { name: x }\n'),
    problems: ['7:5 same-access members[1]'],
    says: 'members a and x have the same access',
    also: ['member a 6:5'],
  },
  {
    name: 'two members of one server, written in two ways',
    text: onProd(
      'members:\n  - { name: a, access: { server: "https://h", tokenFile: t } }\n  - { name: b, access: { server: "https://H:443/", tokenFile: u } }\n',
    ),
    problems: ['7:5 same-access members[1]'],
  },
  {
    name: 'a hub that is its own member',
    text: onProd('members:\n  - { name: self, access: { context: prod } }\n'),
    problems: [],
  },
  {
    name: 'one context in two kubeconfigs',
    text: onProd(
      'members:\n  - { name: a, access: { kubeconfig: a, context: x } }\n  - { name: b, access: { kubeconfig: b, context: x } }\n',
    ),
    problems: [],
  },
  {
    name: 'a home folder that nobody expands',
    text: onProd('members:\n  - { name: a, access: { kubeconfig: ~/k } }\n'),
    problems: ['6:38 tilde-path members[0].access.kubeconfig'],
  },
  {
    name: 'a loopback address for a member elsewhere',
    text: `${head}hubs:\n  - { name: prod, type: ocm, endpoint: { server: "https://127.0.0.1:6443" } }\nmembers:\n  - name: a\n    access: { server: "https://10.0.0.1:6443", tokenFile: t }\n    registrations: [{ hub: prod, mode: ocm-default }]\n`,
    problems: ['5:50 loopback-endpoint hubs[0].endpoint.server'],
    also: ['member a 7:5'],
  },
  {
    name: 'a loopback address for a member on loopback',
    text: `${head}hubs:\n  - { name: prod, type: ocm, endpoint: { server: "https://127.0.0.1:6443" } }\nmembers:\n  - name: a\n    access: { server: "https://localhost:7443", tokenFile: t }\n    registrations: [{ hub: prod, mode: ocm-default }]\n`,
    problems: [],
  },
]);

test('every problem names the file and shows the line, without what was secret in it', async () => {
  const [problem] = await problemsOf(
    `${head}hubs:\n  - { name: prod, type: ocm, endpoint: { server: "https://me:hunter2@hub" } }\nmembers: []\n`,
  );
  expect(problem?.file).toBe('stdin');
  expect(problem?.sourceLine).toBe('  - { name: prod, type: ocm, endpoint: { server: "https://**********@hub" } }');
});
