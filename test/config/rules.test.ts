import { describe, expect, test } from 'vitest';
import { head, inShort, onProd, problemsOf, type Surroundings } from './load-text.ts';

interface Case {
  readonly name: string;
  readonly text: string;
  /** All problems of the text, nothing else. */
  readonly problems: readonly string[];
  readonly says?: string | RegExp;
  readonly also?: readonly string[];
  readonly suggestion?: string | RegExp;
  readonly surroundings?: Surroundings;
}

/** Options of the one registration of member `a`, from line 8 on. */
const withOptions = (options: string): string =>
  onProd(`members:\n  - name: a\n    registrations: [{ hub: prod, mode: ocm-default, options: {\n${options.replace(/^/gm, '      ')} }}]\n`);

const names: readonly Case[] = [
  {
    name: 'two hubs of one name',
    text: `${head}hubs:\n  - { name: prod, type: ocm }\n  - { name: prod, type: ocm }\nmembers: []\n`,
    problems: ['6:13 duplicate-hub hubs[1].name'],
    also: ['first 5:13'],
  },
  {
    name: 'two members of one name',
    text: onProd('members:\n  - name: a\n  - name: b\n  - name: a\n'),
    problems: ['8:11 duplicate-member members[2].name'],
    also: ['first 6:11'],
  },
  {
    name: 'two members that are one anchor',
    text: onProd('members:\n  - &a { name: a }\n  - *a\n'),
    problems: ['7:5 duplicate-member members[1]'],
  },
  {
    name: 'two groups of one name',
    text: onProd('groups:\n  - { name: g, match: { a: b } }\n  - { name: g, match: { a: c } }\nmembers: []\n'),
    problems: ['7:13 duplicate-group groups[1].name'],
  },
  {
    name: 'two feature gates of one name',
    text: withOptions(
      'registrationConfiguration: { featureGates: [\n { feature: ClusterClaim, mode: Enable },\n { feature: ClusterClaim, mode: Disable }]}',
    ),
    problems: ['10:19 duplicate-feature-gate members[0].registrations[0].options.registrationConfiguration.featureGates[1].feature'],
  },
  {
    name: 'two registrations with one hub in a member',
    text: onProd('members:\n  - name: a\n    registrations:\n      - { hub: prod, mode: ocm-default }\n      - { hub: prod, mode: ocm-default }\n'),
    problems: ['9:9 duplicate-registration members[0].registrations[1]'],
    also: ['first 8:9'],
  },
  {
    name: 'two registrations of the defaults that a template makes the same',
    text: onProd(
      'defaults:\n  registrations:\n    - { hub: prod, mode: ocm-default }\n    - { hub: "{labels.hub}", mode: ocm-default }\nmembers: [{ name: a, labels: { hub: prod } }]\n',
    ),
    problems: ['8:7 duplicate-registration defaults.registrations[1]'],
    also: ['first 7:7', 'member a 9:11'],
  },
  {
    name: 'a hub that is none',
    text: onProd('members:\n  - { name: a, registrations: [{ hub: prd, mode: ocm-default }] }\n'),
    problems: ['6:39 unknown-hub members[0].registrations[0].hub'],
    suggestion: 'did you mean "prod"?',
  },
  {
    name: 'a hub that is none, from the defaults: once, with the members it concerns',
    text: onProd(
      'defaults:\n  registrations: [{ hub: qqqqqqq, mode: ocm-default }]\nmembers: [{ name: a },\n {name: b}, {name: c}, {name: d}, {name: e}]\n',
    ),
    problems: ['6:26 unknown-hub defaults.registrations[0].hub'],
    suggestion: 'known here: prod',
    also: ['member a 7:11', 'member b 8:2', 'member c and 2 more 8:13'],
  },
  {
    name: 'labels that mean something else',
    text: onProd('members:\n  - name: a\n    labels: { name: x, cluster.open-cluster-management.io/clusterset: y }\n'),
    problems: ['7:15 reserved-label members[0].labels.name', '7:24 reserved-label members[0].labels["cluster.open-cluster-management.io/clusterset"]'],
  },
];

const registrations: readonly Case[] = [
  {
    name: 'no mode anywhere',
    text: onProd('members:\n  - name: a\n    registrations:\n      - { hub: prod }\n'),
    problems: ['8:9 missing-mode members[0].registrations[0]'],
  },
  {
    name: 'an option of the other mode, written together',
    text: withOptions('imagePullSpec: x'),
    problems: ['8:7 option-of-other-mode members[0].registrations[0].options.imagePullSpec'],
    says: '"imagePullSpec" is no option of ocm-default',
  },
  {
    name: 'an option of the defaults that the mode of a group does not know: both places',
    text: onProd(
      'defaults:\n  registrations: [{ hub: prod, mode: ocm-default, options: { workImagePullSpec: x } }]\ngroups:\n  - { name: g, match: { s: s }, registrations: [{ hub: prod, mode: ocm-singleton }] }\nmembers:\n  - { name: a, labels: { s: s } }\n  - { name: b }\n',
    ),
    problems: ['6:62 option-of-other-mode defaults.registrations[0].options.workImagePullSpec'],
    also: ['mode 8:68', 'member a 10:5'],
  },
  {
    name: 'absent in defaults and in a group',
    text: onProd(
      'defaults:\n  registrations: [{ hub: prod, mode: ocm-default, state: absent }]\ngroups:\n  - { name: g, match: { a: b }, registrations: [{ hub: prod, state: absent }] }\nmembers: []\n',
    ),
    problems: ['6:58 absent-outside-member defaults.registrations[0].state', '8:69 absent-outside-member groups[0].registrations[0].state'],
  },
  {
    name: 'one name for two members on a hub',
    text: onProd(
      'defaults: { registrations: [{ hub: prod, mode: ocm-default }] }\nmembers:\n  - { name: a }\n  - { name: b, registrations: [{ hub: prod, options: { clusterName: a } }] }\n',
    ),
    problems: ['8:69 name-taken-on-hub members[1].registrations[0].options.clusterName'],
    says: '"a" is the name of two members on hub prod: a and b',
    also: ['member a 7:5'],
  },
  {
    name: 'two hubs that would share an agent',
    text: `${head}hubs:\n  - { name: x, type: ocm }\n  - { name: y, type: ocm }\nmembers:\n  - name: a\n    registrations:\n      - { hub: x, mode: ocm-default }\n      - { hub: y, mode: ocm-default, options: { klusterletName: y } }\n`,
    problems: ['11:9 shared-klusterlet members[0].registrations[1]'],
    says: 'klusterletNamespace open-cluster-management-agent',
    also: ['hub x 10:9'],
  },
  {
    name: 'two hubs, one of them left: nothing wrong',
    text: `${head}hubs:\n  - { name: x, type: ocm }\n  - { name: y, type: ocm }\nmembers:\n  - name: a\n    registrations:\n      - { hub: x, mode: ocm-default, state: absent }\n      - { hub: y, mode: ocm-default }\n`,
    problems: [],
  },
];

const options: readonly Case[] = [
  {
    name: 'amounts without the class for them',
    text: withOptions('resources: { requests: { cpu: 1 } }'),
    problems: ['8:18 qos-class members[0].registrations[0].options.resources'],
  },
  {
    name: 'the class without amounts',
    text: withOptions('resources: { qosClass: ResourceRequirement }'),
    problems: ['8:30 qos-class members[0].registrations[0].options.resources.qosClass'],
  },
  {
    name: 'a request above its limit, by value',
    text: withOptions('resources: { qosClass: ResourceRequirement, requests: { cpu: 2, memory: 1Gi }, limits: { cpu: 1900m, memory: 1024Mi } }'),
    problems: ['8:68 request-above-limit members[0].registrations[0].options.resources.requests.cpu'],
    says: 'the request of cpu (2) is above its limit (1900m)',
    also: ['limit 8:101'],
  },
  {
    name: 'a negative amount',
    text: withOptions('resources: { qosClass: ResourceRequirement, limits: { cpu: -1 } }'),
    problems: ['8:66 invalid-quantity members[0].registrations[0].options.resources.limits.cpu'],
  },
  {
    name: 'an amount that was filled in and is none',
    text: onProd(
      'members:\n  - name: a\n    labels: { cpu: many }\n    registrations: [{ hub: prod, mode: ocm-default, options: { resources: { qosClass: ResourceRequirement, limits: { cpu: "{labels.cpu}" } } } }]\n',
    ),
    problems: ['8:123 invalid-quantity members[0].registrations[0].options.resources.limits.cpu'],
  },
  {
    name: 'a name that was filled in and is none',
    text: onProd(
      'members:\n  - name: a\n    labels: { team: Pay_ments }\n    registrations: [{ hub: prod, mode: ocm-default, options: { clusterSet: "{labels.team}" } }]\n',
    ),
    problems: ['8:76 invalid-name members[0].registrations[0].options.clusterSet'],
    says: 'here it is "Pay_ments"',
  },
  {
    name: 'a certificate that lives too short for the agent to start',
    text: withOptions('registrationConfiguration: { clientCertExpirationSeconds: 3599 }'),
    problems: ['8:65 certificate-lifetime members[0].registrations[0].options.registrationConfiguration.clientCertExpirationSeconds'],
  },
  { name: 'a certificate lifetime of 0', text: withOptions('registrationConfiguration: { clientCertExpirationSeconds: 0 }'), problems: [] },
  { name: 'a certificate lifetime of 3600', text: withOptions('registrationConfiguration: { clientCertExpirationSeconds: 3600 }'), problems: [] },
  {
    name: 'a cluster annotation with a comma',
    text: withOptions('registrationConfiguration: { clusterAnnotations: { zones: "a,b" } }'),
    problems: ['8:65 annotation-with-comma members[0].registrations[0].options.registrationConfiguration.clusterAnnotations.zones'],
  },
  {
    name: 'MultipleHubs without its secrets',
    text: withOptions('registrationConfiguration: { featureGates: [{ feature: MultipleHubs, mode: Enable }] }'),
    problems: ['8:51 multiple-hubs members[0].registrations[0].options.registrationConfiguration.featureGates[0]'],
  },
  {
    name: 'secrets without MultipleHubs',
    text: withOptions(
      'registrationConfiguration: { bootstrapKubeConfigs: { type: LocalSecrets, localSecretsConfig: { kubeConfigSecrets: [{ name: a }] } } }',
    ),
    problems: ['8:58 multiple-hubs members[0].registrations[0].options.registrationConfiguration.bootstrapKubeConfigs'],
  },
  {
    name: 'a token for add-ons that use certificates',
    text: withOptions('registrationConfiguration: { addOnKubeClientRegistrationDriver: { authType: csr, token: { expirationSeconds: 1 } } }'),
    problems: ['8:88 addon-token members[0].registrations[0].options.registrationConfiguration.addOnKubeClientRegistrationDriver.token'],
  },
  {
    name: 'a status interval that the agent does not take',
    text: withOptions('workConfiguration: { statusSyncInterval: 1h1s }'),
    problems: ['8:48 status-sync-interval members[0].registrations[0].options.workConfiguration.statusSyncInterval'],
  },
];

const addresses: readonly Case[] = [
  {
    name: 'addresses that are none, or not https',
    text: `${head}hubs:\n  - { name: prod, type: ocm, endpoint: { server: "http://hub:6443" } }\n  - { name: next, type: ocm, endpoint: { server: "https:hub", proxyUrl: "socks5://p:1080" } }\nmembers: []\n`,
    problems: ['5:50 invalid-address hubs[0].endpoint.server', '6:50 invalid-address hubs[1].endpoint.server', '6:73 invalid-address hubs[1].endpoint.proxyUrl'],
  },
  {
    name: 'addresses of a member',
    text: withOptions('externalServerURL: "http://a",\nclientConfigs: [{ url: "ftp://b" }]'),
    problems: ['8:26 invalid-address members[0].registrations[0].options.externalServerURL', '9:30 invalid-address members[0].registrations[0].options.clientConfigs[0].url'],
  },
  {
    name: 'a user and password in an address',
    text: `${head}hubs:\n  - { name: prod, type: ocm, endpoint: { proxyUrl: "http://me:hunter2@proxy:3128" } }\nmembers: []\n`,
    problems: ['5:52 credentials-in-address hubs[0].endpoint.proxyUrl'],
    says: 'proxyUrl holds a user or password',
  },
  {
    name: 'two ways to reach a cluster at once',
    text: onProd('members:\n  - { name: a, access: { inCluster: true, context: x } }\n  - { name: b, access: { server: "https://b", kubeconfig: k, tokenFile: t } }\n'),
    problems: ['6:43 incomplete-access members[0].access.context', '7:47 incomplete-access members[1].access.kubeconfig'],
  },
  {
    name: 'a server without a token file, a CA file without a server',
    text: onProd('members:\n  - { name: a, access: { server: "https://a" } }\n  - { name: b, access: { caFile: c, tokenFile: t } }\n'),
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
    text: onProd('members:\n  - { name: a, access: { server: "https://h", tokenFile: t } }\n  - { name: b, access: { server: "https://H:443/", tokenFile: u } }\n'),
    problems: ['7:5 same-access members[1]'],
  },
  { name: 'a hub that is its own member', text: onProd('members:\n  - { name: self, access: { context: prod } }\n'), problems: [] },
  {
    name: 'one context in two kubeconfigs',
    text: onProd('members:\n  - { name: a, access: { kubeconfig: a, context: x } }\n  - { name: b, access: { kubeconfig: b, context: x } }\n'),
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
];

const templates: readonly Case[] = [
  {
    name: 'a label that a member does not have',
    text: onProd('defaults: { registrations: [{ hub: "{labels.hubb}", mode: ocm-default }] }\nmembers: [{ name: a, labels: { hub: prod } }]\n'),
    problems: ['5:36 missing-label defaults.registrations[0].hub'],
    says: 'a has no label "hubb"',
    suggestion: 'did you mean "hub"?',
    also: ['member a 6:11'],
  },
  {
    name: 'a template that stands for nothing',
    text: onProd('members:\n  - { name: a, access: { context: "admin@{nmae}" } }\n'),
    problems: ['6:35 unknown-template members[0].access.context'],
    suggestion: 'did you mean "name"?',
  },
  {
    name: 'a variable that is not set',
    text: onProd('members:\n  - { name: a, access: { kubeconfig: "${HOME}/k" } }\n'),
    problems: ['6:38 unset-variable members[0].access.kubeconfig'],
    says: 'set it with --var HOME=… or in ROLLCALL_VAR_HOME',
    surroundings: { env: { HOME: '/root' } },
  },
];

describe.each([
  ['names', names],
  ['registrations', registrations],
  ['options', options],
  ['addresses', addresses],
  ['templates', templates],
])('%s', (_, cases) => {
  test.each(cases)('$name', async ({ text, problems, says, also, suggestion, surroundings }) => {
    const found = await problemsOf(text, surroundings);
    expect(found.map(inShort)).toEqual(problems);
    if (says !== undefined) expect(found[0]?.message).toMatch(says);
    if (suggestion !== undefined) expect(found[0]?.suggestion).toMatch(suggestion);
    if (also !== undefined) expect(found[0]?.also?.map(({ label, line, column }) => `${label} ${line}:${column}`)).toEqual(also);
  });
});

test('every problem names the file and shows the line, without what was secret in it', async () => {
  const [problem] = await problemsOf(`${head}hubs:\n  - { name: prod, type: ocm, endpoint: { server: "https://me:hunter2@hub" } }\nmembers: []\n`);
  expect(problem?.file).toBe('stdin');
  expect(problem?.sourceLine).toBe('  - { name: prod, type: ocm, endpoint: { server: "https://**********@hub" } }');
});
