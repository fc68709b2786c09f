import { onProd } from '../load-text.ts';
import { testEach, withOptions } from './cases.ts';

testEach([
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
    text: withOptions(
      'resources: { qosClass: ResourceRequirement, requests: { cpu: 2, memory: 1Gi }, limits: { cpu: 1900m, memory: 1024Mi } }',
    ),
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
    problems: [
      '8:65 certificate-lifetime members[0].registrations[0].options.registrationConfiguration.clientCertExpirationSeconds',
    ],
  },
  {
    name: 'a certificate lifetime of 0',
    text: withOptions('registrationConfiguration: { clientCertExpirationSeconds: 0 }'),
    problems: [],
  },
  {
    name: 'a certificate lifetime of 3600',
    text: withOptions('registrationConfiguration: { clientCertExpirationSeconds: 3600 }'),
    problems: [],
  },
  {
    name: 'a cluster annotation with a comma',
    text: withOptions('registrationConfiguration: { clusterAnnotations: { zones: "a,b" } }'),
    problems: [
      '8:65 annotation-with-comma members[0].registrations[0].options.registrationConfiguration.clusterAnnotations.zones',
    ],
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
    text: withOptions(
      'registrationConfiguration: { addOnKubeClientRegistrationDriver: { authType: csr, token: { expirationSeconds: 1 } } }',
    ),
    problems: [
      '8:88 addon-token members[0].registrations[0].options.registrationConfiguration.addOnKubeClientRegistrationDriver.token',
    ],
  },
  {
    name: 'a status interval that the agent does not take',
    text: withOptions('workConfiguration: { statusSyncInterval: 1h1s }'),
    problems: ['8:48 status-sync-interval members[0].registrations[0].options.workConfiguration.statusSyncInterval'],
  },
]);
