// Fails when a test was skipped, and says how many ran: `node .ci/verdict.js REPORT.json`.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const skipped = report.testResults.flatMap((file) =>
  file.assertionResults
    .filter((test) => test.status !== 'passed' && test.status !== 'failed')
    .map((test) => `${file.name}: ${test.fullName}`),
);
for (const name of skipped) console.error(`skipped: ${name}`);
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped.length} skipped`);
process.exitCode = skipped.length > 0 || report.numFailedTests > 0 || report.numPassedTests === 0 ? 1 : 0;
