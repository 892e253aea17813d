// Makes a cluster of the members that docker-compose.yml starts (profile sharded), and the users of the two programs. mongosh --nodb runs
// it once they answer. Each step leaves alone what is there already, so that it may run again at every `up`.
//
// Nobody is a user yet: the members' own key is the password of __system, as whom they talk to each other.
const fs = require("fs");

const DATABASE = process.env.KPI_DB || "kpi";
const PATIENCE_MS = 180_000;
const secret = (name) => fs.readFileSync("/run/secrets/" + name, "utf8").replace(/\s/g, "");
const key = encodeURIComponent(secret("keyfile"));

// Calls until it no longer throws.
function patiently(what, call) {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return call();
    } catch (error) {
      if (Date.now() > until) {
        throw new Error(`${what}: ${error.message}`);
      }
      sleep(1000);
    }
  }
}

function connected(host) {
  const uri = `mongodb://__system:${key}@${host}:27017/?authSource=local&authMechanism=SCRAM-SHA-256&directConnection=true`;
  return patiently(`connecting to ${host}`, () => {
    const admin = new Mongo(uri).getDB("admin");
    admin.runCommand({ hello: 1 });
    return admin;
  });
}

// Runs a command; `fine` are the codes that say it was done before.
function run(admin, command, fine = []) {
  let answer;
  try {
    answer = admin.runCommand(command);
  } catch (error) {
    answer = { ok: 0, code: error.code, errmsg: error.message };
  }
  if (!answer.ok && !fine.includes(answer.code)) {
    throw new Error(`${Object.keys(command)[0]}: ${answer.errmsg}`);
  }
  return answer;
}

const ALREADY_INITIALIZED = 23;

function initiate(host, more) {
  const admin = connected(host);
  run(admin, { replSetInitiate: { _id: host, ...more, members: [{ _id: 0, host: `${host}:27017` }] } }, [ALREADY_INITIALIZED]);
  patiently(`${host} becoming primary`, () => {
    if (!admin.runCommand({ hello: 1 }).isWritablePrimary) {
      throw new Error("it is not yet");
    }
  });
  print(`${host} is a set`);
}

const ALREADY_A_USER = 51003;

// A password that was changed in its file is changed here too.
function user(admin, name, pwd, roles) {
  const answer = run(admin, { createUser: name, pwd, roles }, [ALREADY_A_USER]);
  if (!answer.ok) {
    run(admin, { updateUser: name, pwd, roles });
  }
  print(`${name} is a user`);
}

initiate("config", { configsvr: true });
initiate("shard-1", {});
initiate("shard-2", {});

const admin = connected("mongos");
for (const shard of ["shard-1", "shard-2"]) {
  patiently(`adding ${shard}`, () => run(admin, { addShard: `${shard}/${shard}:27017`, name: shard }));
  print(`${shard} is in the cluster`);
}
// The server reads, and nothing else; the loader writes, and may say and see how collections are divided.
user(admin, "kpi-server", secret("server_password"), [{ role: "read", db: DATABASE }]);
user(admin, "kpi-load", secret("load_password"), [
  { role: "readWrite", db: DATABASE },
  { role: "enableSharding", db: "admin" },
  { role: "read", db: "config" },
]);
