// Drives a Jira site with jira.js, which holds every answer against its own schemas.
// Usage: node jira_js_judge.mjs FOLDER-WITH-NODE_MODULES URL USER TOKEN PROJECT ISSUE-TYPE
// Prints {"calls": ["METHOD /path", …], "drift": […]}; the first answer that does not fit, or is
// refused, ends it with status 1. With AUDIT_SCHEMAS=true, members and values that the schemas do
// not know are collected as drift.
import { pathToFileURL } from 'node:url';

const [folder, host, email, apiToken, project, typeName] = process.argv.slice(2);
const library = pathToFileURL(`${folder}/node_modules/jira.js/dist/`);
const { createCloudClient } = await import(new URL('index.js', library));
const { createClient } = await import(new URL('core/index.js', library));
const { getCollectedSchemaDrift } = await import(new URL('core/schemaAudit.js', library));

const client = createClient({
  host, auth: { type: 'basic', email, apiToken }, onSchemaMismatch: 'throw',
});
const calls = [];
const sendRequest = async (request) => {
  calls.push(`${request.method} ${request.url}`);
  try {
    return await client.sendRequest(request);
  } catch (error) {
    console.error(JSON.stringify(error.report ?? error.body));
    throw error;
  }
};
const jira = createCloudClient({ sendRequest });

const text = (words) => ({
  type: 'doc', version: 1,
  content: [{ type: 'paragraph', content: [{ type: 'text', text: words }] }],
});
const expect = (isTrue, what) => { if (!isTrue) throw new Error(`not so: ${what}`); };

// The site, as a set-up reads it.
await jira.serverInfo.getServerInfo();
await jira.myself.getCurrentUser();
await jira.permissions.getMyPermissions({ permissions: 'CREATE_ISSUES,ADMINISTER', projectKey: project });
const { id: projectId } = await jira.projects.getProject({ projectIdOrKey: project });
const found = await jira.projects.searchProjects();
expect(found.values.length === 1, 'one project is found');
await jira.projects.getAllStatuses({ projectIdOrKey: project });
await jira.issueFields.getFields();
await jira.issueTypes.getIssueAllTypes();
await jira.workflowStatuses.getStatuses();
await jira.workflowStatusCategories.getStatusCategories();
await jira.issueLinkTypes.getIssueLinkTypes();
const { values: priorities } = await jira.issuePriorities.searchPriorities();
await jira.issuePriorities.getPriority({ id: priorities[0].id });
const { issueTypes } = await jira.issues.getCreateIssueMetaIssueTypes({ projectIdOrKey: project });
const type = issueTypes.find(({ name }) => name === typeName);
await jira.issues.getCreateIssueMetaIssueTypeId({ projectIdOrKey: project, issueTypeId: type.id });

// Versions.
const version = await jira.projectVersions.createVersion({ name: '4.2', projectId: Number(projectId) });
await jira.projectVersions.updateVersion({
  id: version.id, body: { released: true, releaseDate: '2026-03-03', startDate: '2026-02-02' },
});
await jira.projectVersions.getVersion({ id: version.id });
await jira.projectVersions.getProjectVersions({ projectIdOrKey: project });
await jira.projectVersions.getProjectVersionsPaginated({ projectIdOrKey: project });

// A ticket with everything, and another one.
const fields = { project: { key: project }, issuetype: { id: type.id } };
const { key } = await jira.issues.createIssue({
  fields: {
    ...fields, summary: 'Login fails', description: text('Since Monday.'), labels: ['fb-1'],
    priority: { id: priorities[0].id }, fixVersions: [{ id: version.id }],
  },
  properties: [{ key: 'bridge', value: { customers: 3 } }],
});
// A text makes the library write by REST v2.
const { key: other } = await jira.issues.createIssue({
  fields: { ...fields, summary: 'Login is slow', description: 'plain' },
});
await jira.issues.editIssue({
  issueIdOrKey: key, fields: { summary: 'Nobody can log in' }, update: { labels: [{ add: 'fb-2' }] },
});
await jira.issues.getEditIssueMeta({ issueIdOrKey: key });

// Comments.
const { id } = await jira.issueComments.addComment({ issueIdOrKey: key, body: text('one') });
await jira.issueComments.updateComment({ issueIdOrKey: key, id, body: { body: text('two') } });
await jira.issueComments.getComment({ issueIdOrKey: key, id });
await jira.issueComments.addComment({ issueIdOrKey: key, body: 'plain' });
await jira.issueComments.deleteComment({ issueIdOrKey: key, id });
const left = await jira.issueComments.getComments({ issueIdOrKey: key });
expect(left.total === 1, 'one comment is left');

// Properties.
const place = { issueIdOrKey: key, propertyKey: 'bridge' };
await jira.issueProperties.setIssueProperty({ ...place, body: { customers: 4 } });
await jira.issueProperties.getIssuePropertyKeys({ issueIdOrKey: key });
const property = await jira.issueProperties.getIssueProperty(place);
expect(property.value.customers === 4, 'the property was written');

// Links to pages and between tickets.
const link = { issueIdOrKey: key, globalId: 'bridge=1', object: { url: 'https://bridge.example/1', title: '4 customers' } };
const { id: linkId } = await jira.issueRemoteLinks.createOrUpdateRemoteIssueLink(link);
await jira.issueRemoteLinks.updateRemoteIssueLink({ ...link, linkId });
await jira.issueRemoteLinks.getRemoteIssueLinks({ issueIdOrKey: key });
await jira.issueRemoteLinks.getRemoteIssueLinks({ issueIdOrKey: key, globalId: link.globalId });
await jira.issueRemoteLinks.getRemoteIssueLinkById({ issueIdOrKey: key, linkId });
await jira.issueLinks.linkIssues({
  type: { name: 'Duplicate' }, inwardIssue: { key: other }, outwardIssue: { key },
});

// Moves.
const { transitions } = await jira.issues.getTransitions({ issueIdOrKey: key, expand: 'transitions.fields' });
const done = transitions.find(({ to }) => to.statusCategory.key === 'done');
await jira.issues.doTransition({
  issueIdOrKey: key, transition: { id: done.id }, fields: { resolution: { name: 'Done' } },
});

// Reading it all back.
const issue = await jira.issues.getIssue({
  issueIdOrKey: key, expand: 'names,schema,changelog,transitions', properties: ['*all'],
});
expect(issue.fields.status.statusCategory.key === 'done', 'the ticket is done');
expect(issue.fields.labels.length === 2, 'a label was added');
await jira.issueLinks.getIssueLink({ linkId: issue.fields.issuelinks[0].id });
await jira.issues.getChangeLogs({ issueIdOrKey: key });
const { issues } = await jira.issues.bulkFetchIssues({
  issueIdsOrKeys: [key, other], fields: ['summary', 'status'], properties: ['bridge'],
});
expect(issues.length === 2, 'both tickets are fetched');
const jql = `project = ${project} ORDER BY key`;
const searches = [
  { jql }, { jql, fields: ['*all'], expand: 'names,schema' }, { jql, fields: ['summary'], maxResults: 1 },
];
for (const asked of searches) {
  await jira.issueSearch.searchAndReconsileIssuesUsingJql(asked);
  const page = await jira.issueSearch.searchAndReconsileIssuesUsingJqlPost(asked);
  expect(page.isLast === (asked.maxResults !== 1), 'the last page says so');
}
const { count } = await jira.issueSearch.countIssues({ jql });
expect(count === 2, 'two tickets are counted');
const { values: labels } = await jira.labels.getAllLabels();
expect(labels.join() === 'fb-1,fb-2', 'both labels are listed');

// Taking away.
await jira.issueLinks.deleteIssueLink({ linkId: issue.fields.issuelinks[0].id });
await jira.issueRemoteLinks.deleteRemoteIssueLinkByGlobalId({ issueIdOrKey: key, globalId: link.globalId });
await jira.issueProperties.deleteIssueProperty(place);
await jira.issues.deleteIssue({ issueIdOrKey: other });

console.log(JSON.stringify({ calls, drift: getCollectedSchemaDrift() }));
