// Decides requests with @cloud-copilot/iam-simulate, one JSON line for each batch.
// Usage: node evaluator_simulate.mjs DIRECTORY_WITH_NODE_MODULES
//
// in:  [{"principal", "action", "resource", "account", "context", "identity", ...}, ...]
// out: [{"result": "Allowed", "ignored": [...]} | {"error": ...}, ...]
import { createRequire } from 'node:module'
import path from 'node:path'
import readline from 'node:readline'

const load = createRequire(path.join(path.resolve(process.argv[2]), 'simulate.cjs'))
const { anonymousPrincipal, runSimulation } = load('@cloud-copilot/iam-simulate')

const named = (policies) => policies.map((policy, index) => ({ name: `${index}`, policy }))
const levels = (policies) =>
  policies.map((level, index) => ({ orgIdentifier: `level-${index}`, policies: named(level) }))

async function decide({ principal, action, resource, account, context, ...policies }) {
  const simulation = {
    request: {
      principal: principal ?? anonymousPrincipal,
      action,
      resource: { resource, accountId: account },
      contextVariables: context
    },
    identityPolicies: named(policies.identity),
    serviceControlPolicies: levels(policies.serviceControl),
    resourceControlPolicies: levels(policies.resourceControl),
    ...(policies.resourcePolicy && { resourcePolicy: policies.resourcePolicy }),
    ...(policies.boundary && { permissionBoundaryPolicies: named(policies.boundary) }),
    ...(policies.endpoint && { vpcEndpointPolicies: named([policies.endpoint]) })
  }
  const answer = await runSimulation(simulation, {})
  if (answer.resultType === 'error') return { error: JSON.stringify(answer.errors) }
  return { result: answer.overallResult, ignored: answer.result?.ignoredContextKeys ?? [] }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const answers = await Promise.all(
    JSON.parse(line).map((entry) => decide(entry).catch((error) => ({ error: `${error}` })))
  )
  process.stdout.write(`${JSON.stringify(answers)}\n`)
}
