import { expect, test } from 'vitest';
import { SourceText } from '/work/main/src/config/document.ts';
test('brute', () => {
  let n = 0;
  for (const len of [7, 70, 210, 420, 1500]) {
    const secret = 'hunter2'.repeat(len / 7);
    for (const piece of [`"client-key-data":"${secret}"`, `"client-key-data" : "${secret}"`, `{client-key-data: ${secret}, a: b}`, `"p":"http://me,you:${secret}@p/x"`, `token: '${secret}'`, `{ p: http://a:${secret}@p }`]) {
      const text = `${'"a":"b",'.repeat(200)}${piece}${',"c":"d"'.repeat(200)}`;
      const source = new SourceText('f', text);
      for (let at = 1000; at < text.length - 900; at += 1) {
        const p = source.problemAt(at, { rule: 'r', message: 'm' });
        if (/hunter2|unter2h|nter2hu/.test(p.sourceLine ?? '')) throw new Error(`${piece} ${at}: ${p.sourceLine}`);
        if ((p.sourceLine?.length ?? 0) > 401) throw new Error('long');
        n++;
      }
    }
  }
  expect(n).toBeGreaterThan(1000);
});
