import { onProd } from '../load-text.ts';
import { testEach } from './cases.ts';

testEach([
  {
    name: 'a label that a member does not have',
    text: onProd(
      'defaults: { registrations: [{ hub: "{labels.hubb}", mode: ocm-default }] }\nmembers: [{ name: a, labels: { hub: prod } }]\n',
    ),
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
]);
