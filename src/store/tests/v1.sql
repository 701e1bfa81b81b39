-- A file of version 1, with jobs as version 1 writes them. Never changed: it stands for the files people have.
PRAGMA application_id = 1634560359;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE accounts (profile TEXT PRIMARY KEY, account TEXT NOT NULL) STRICT;
INSERT INTO "accounts" VALUES('prod','123456789012');
CREATE TABLE asks (
         id INTEGER PRIMARY KEY AUTOINCREMENT,
         account TEXT NOT NULL,
         asked TEXT NOT NULL,
         body TEXT NOT NULL
     ) STRICT;
INSERT INTO "asks" VALUES(1,'123456789012','2026-11-21T12:00:02.000Z','{"Copy":[{"source":"ami-0123456789abcdef0","source_name":"web","source_region":"us-east-1","destination":"eu-west-1","name":"web copy","description":"it''s \"quoted\"","encryption":{"Encrypt":{"key":null}},"copy_tags":true,"volumes":[8,100],"token":"amigrate-00000000000000000000000000000032"}]}');
INSERT INTO "asks" VALUES(2,'123456789012','2026-11-21T12:00:02.000Z','{"TryAgain":[[3,"amigrate-00000000000000000000000000000033"]]}');
CREATE TABLE counter (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL) STRICT;
INSERT INTO "counter" VALUES(1,5);
CREATE TABLE jobs (
         account TEXT NOT NULL,
         id INTEGER NOT NULL,
         batch TEXT NOT NULL,
         token TEXT NOT NULL,
         state TEXT NOT NULL,
         source TEXT NOT NULL,
         source_region TEXT NOT NULL,
         destination TEXT NOT NULL,
         name TEXT NOT NULL,
         image TEXT,
         asked TEXT NOT NULL,
         ended TEXT,
         dismissed INTEGER NOT NULL,
         seq INTEGER NOT NULL,
         body TEXT NOT NULL,
         PRIMARY KEY (account, id),
         UNIQUE (account, token)
     ) STRICT;
INSERT INTO "jobs" VALUES('123456789012',1,'batch-1','amigrate-00000000000000000000000000000001','queued','ami-0123456789abcdef0','us-east-1','eu-west-1','web copy',NULL,'2026-11-21T12:00:00.000Z',NULL,0,1,'{"id":1,"batch":"batch-1","origin":"Here","request":{"source":"ami-0123456789abcdef0","source_name":"web","source_region":"us-east-1","destination":"eu-west-1","name":"web copy","description":"it''s \"quoted\"","encryption":{"Encrypt":{"key":null}},"copy_tags":true,"volumes":[8,100],"token":"amigrate-00000000000000000000000000000001"},"state":"Queued","asked":"2026-11-21T12:00:00Z","started":null,"moved":null,"ended":null,"waiting":null,"note":null,"snapshots":[{"id":"snap-2","size":8,"percent":40,"state":"pending"}],"made":["ami-00000000000000aaa"],"dismissed":false,"tagged":false,"meter":{"samples":[]},"percent":null,"doubt":null,"cancel_wanted":false,"seen":false,"missed":0,"confirmed":0}');
INSERT INTO "jobs" VALUES('123456789012',2,'batch-1','amigrate-00000000000000000000000000000002','copying','ami-0123456789abcdef0','us-east-1','eu-west-1','web copy','ami-00000000000000aaa','2026-11-21T12:00:00.000Z',NULL,0,1,'{"id":2,"batch":"batch-1","origin":"Here","request":{"source":"ami-0123456789abcdef0","source_name":"web","source_region":"us-east-1","destination":"eu-west-1","name":"web copy","description":"it''s \"quoted\"","encryption":{"Encrypt":{"key":null}},"copy_tags":true,"volumes":[8,100],"token":"amigrate-00000000000000000000000000000002"},"state":{"Copying":{"image":"ami-00000000000000aaa"}},"asked":"2026-11-21T12:00:00Z","started":null,"moved":null,"ended":null,"waiting":null,"note":null,"snapshots":[{"id":"snap-2","size":8,"percent":40,"state":"pending"}],"made":["ami-00000000000000aaa"],"dismissed":false,"tagged":false,"meter":{"samples":[]},"percent":null,"doubt":null,"cancel_wanted":false,"seen":false,"missed":0,"confirmed":0}');
INSERT INTO "jobs" VALUES('123456789012',3,'batch-1','amigrate-00000000000000000000000000000003','failed','ami-0123456789abcdef0','us-east-1','eu-west-1','web copy',NULL,'2026-11-21T12:00:00.000Z','2026-11-21T12:00:09.000Z',0,1,'{"id":3,"batch":"batch-1","origin":"Here","request":{"source":"ami-0123456789abcdef0","source_name":"web","source_region":"us-east-1","destination":"eu-west-1","name":"web copy","description":"it''s \"quoted\"","encryption":{"Encrypt":{"key":null}},"copy_tags":true,"volumes":[8,100],"token":"amigrate-00000000000000000000000000000003"},"state":{"Failed":{"failure":{"what":"copy","why":"Given key ID is not accessible","hint":"","retry":"AfterChange","code":"X","request_id":"r-1"},"image":null}},"asked":"2026-11-21T12:00:00Z","started":null,"moved":null,"ended":"2026-11-21T12:00:09Z","waiting":null,"note":null,"snapshots":[{"id":"snap-2","size":8,"percent":40,"state":"pending"}],"made":["ami-00000000000000aaa"],"dismissed":false,"tagged":false,"meter":{"samples":[]},"percent":null,"doubt":null,"cancel_wanted":false,"seen":false,"missed":0,"confirmed":0}');
INSERT INTO "jobs" VALUES('123456789012',4,'batch-1','amigrate-00000000000000000000000000000004','clearing','ami-0123456789abcdef0','us-east-1','eu-west-1','web copy','ami-00000000000000aaa','2026-11-21T12:00:00.000Z',NULL,0,1,'{"id":4,"batch":"batch-1","origin":"Here","request":{"source":"ami-0123456789abcdef0","source_name":"web","source_region":"us-east-1","destination":"eu-west-1","name":"web copy","description":"it''s \"quoted\"","encryption":{"Encrypt":{"key":null}},"copy_tags":true,"volumes":[8,100],"token":"amigrate-00000000000000000000000000000004"},"state":{"Removing":{"image":"ami-00000000000000aaa","purpose":{"TryAgain":{"token":"amigrate-00000000000000000000000000000063","failure":{"what":"copy","why":"Given key ID is not accessible","hint":"","retry":"AfterChange","code":"X","request_id":"r-1"}}},"step":{"Sweeping":{"at":null,"since":null,"clean":0,"rounds":0,"open":0,"refused":[["snap-1","shared"]],"stuck":[]}}}},"asked":"2026-11-21T12:00:00Z","started":null,"moved":null,"ended":null,"waiting":null,"note":null,"snapshots":[{"id":"snap-2","size":8,"percent":40,"state":"pending"}],"made":["ami-00000000000000aaa"],"dismissed":false,"tagged":false,"meter":{"samples":[]},"percent":null,"doubt":null,"cancel_wanted":false,"seen":false,"missed":0,"confirmed":0}');
INSERT INTO "jobs" VALUES('123456789012',12,'batch-1','amigrate-0000000000000000000000000000000c','available','ami-0123456789abcdef0','us-east-1','eu-west-1','web copy','ami-00000000000000aaa','2026-11-21T12:00:00.000Z','2026-10-29T08:26:40.000Z',0,2,'{"id":12,"batch":"batch-1","origin":"Here","request":{"source":"ami-0123456789abcdef0","source_name":"web","source_region":"us-east-1","destination":"eu-west-1","name":"web copy","description":"it''s \"quoted\"","encryption":{"Encrypt":{"key":null}},"copy_tags":true,"volumes":[8,100],"token":"amigrate-0000000000000000000000000000000c"},"state":{"Available":{"image":"ami-00000000000000aaa"}},"asked":"2026-11-21T12:00:00Z","started":null,"moved":null,"ended":"2026-10-29T08:26:40Z","waiting":null,"note":null,"snapshots":[],"made":[],"dismissed":false,"tagged":false,"meter":{"samples":[]},"percent":null,"doubt":null,"cancel_wanted":false,"seen":false,"missed":0,"confirmed":0}');
CREATE TABLE status (account TEXT PRIMARY KEY, last_id INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
INSERT INTO "status" VALUES('123456789012',12,'{"paused":{"what":"copy","why":"Given key ID is not accessible","hint":"","retry":"AfterChange","code":"X","request_id":"r-1"},"next_try":"2026-11-21T12:00:05Z","regions":{"eu-west-1":{"problem":{"what":"copy","why":"Given key ID is not accessible","hint":"","retry":"AfterChange","code":"X","request_id":"r-1"},"waiting":"its turn"}}}');
CREATE INDEX jobs_by_seq ON jobs (account, seq);
CREATE INDEX jobs_by_end ON jobs (account, ended);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('asks',2);
COMMIT;
