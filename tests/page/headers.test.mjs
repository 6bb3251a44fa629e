// The page loads, under the policy that keeps data in, and asks nothing of anyone else.
import { readFileSync } from 'node:fs';
import { headers } from '../../scripts/serve.mjs';

export default async function (t) {
  const page = await t.page('cpu', { load: false });
  const response = await page.goto(t.url);
  t.equal(response.status(), 200, 'the page answers');
  const sent = response.headers();
  for (const [name, value] of Object.entries(headers)) t.equal(sent[name.toLowerCase()], value, name);
  const policy = Object.fromEntries(
    sent['content-security-policy'].split('; ').map((part) => [part.split(' ')[0], part.split(' ').slice(1).join(' ')]),
  );
  t.equal(policy['default-src'], "'none'", 'everything is forbidden unless listed');
  t.equal(policy['connect-src'], "'self'", 'connections go to the own origin only');
  t.ok(
    !/unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|https?:|\*/.test(JSON.stringify(policy)),
    'no way round the policy',
  );
  t.equal(await page.evaluate(() => crossOriginIsolated), true, 'the page is isolated');
  t.equal(
    await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content'),
    headers['Content-Security-Policy'],
    'the policy is also in the page, for hosts without headers',
  );
  const refused = await page.evaluate(() =>
    fetch('http://127.0.0.1:9/').then(
      () => 'answered',
      (error) => error.name,
    ),
  );
  t.equal(refused, 'TypeError', 'a request to another origin is refused');
  // That attempt is what the policy must stop; it is the only foreign request, and its report the only error.
  t.allowErrors(/127\.0\.0\.1:9\//);
  t.requests = t.requests.filter((url) => url !== 'http://127.0.0.1:9/');
  const outside = await page.request.get(`${t.url}..%2f..%2fpackage.json`);
  t.equal(outside.status(), 404, 'no file outside the folder is served');
  const post = await page.request.post(t.url, { data: 'x' });
  t.equal(post.status(), 405, 'nothing can be posted');
  t.ok(
    readFileSync(new URL('../../index.html', import.meta.url), 'utf8').includes('viewport'),
    'phones get their own width',
  );
}
