-- CreateTable
CREATE TABLE "Account" (
    "sub" TEXT NOT NULL PRIMARY KEY,
    "login" TEXT NOT NULL,
    "passwordHash" TEXT NOT NULL,
    "name" TEXT,
    "givenName" TEXT,
    "familyName" TEXT,
    "email" TEXT,
    "emailVerified" BOOLEAN NOT NULL DEFAULT false,
    "picture" TEXT,
    "roles" TEXT NOT NULL DEFAULT '',
    "disabledAt" DATETIME,
    "seeded" BOOLEAN NOT NULL DEFAULT false,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Client" (
    "clientId" TEXT NOT NULL PRIMARY KEY,
    "metadata" TEXT NOT NULL,
    "secretFingerprint" TEXT,
    "seeded" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" DATETIME NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Resource" (
    "identifier" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "scopes" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "accessTokenTtl" INTEGER NOT NULL
);

-- CreateTable
CREATE TABLE "Note" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "text" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "NoteShare" (
    "noteId" TEXT NOT NULL,
    "sub" TEXT NOT NULL,

    PRIMARY KEY ("noteId", "sub"),
    CONSTRAINT "NoteShare_noteId_fkey" FOREIGN KEY ("noteId") REFERENCES "Note" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "LedgerEntry" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "owner" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "amount" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "bookedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Artifact" (
    "model" TEXT NOT NULL,
    "idHash" TEXT NOT NULL,
    "grantId" TEXT,
    "accountId" TEXT,
    "clientId" TEXT,
    "sessionUid" TEXT,
    "userCodeHash" TEXT,
    "payload" TEXT NOT NULL,
    "consumedAt" DATETIME,
    "createdAt" DATETIME NOT NULL,
    "expiresAt" DATETIME NOT NULL,

    PRIMARY KEY ("model", "idHash")
);

-- CreateTable
CREATE TABLE "SessionClient" (
    "sessionUid" TEXT NOT NULL,
    "clientId" TEXT NOT NULL,
    "payload" TEXT NOT NULL,
    "expiresAt" DATETIME NOT NULL,

    PRIMARY KEY ("sessionUid", "clientId")
);

-- CreateTable
CREATE TABLE "Consent" (
    "sub" TEXT NOT NULL,
    "clientId" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "scopes" TEXT NOT NULL,
    "grantedAt" DATETIME NOT NULL,

    PRIMARY KEY ("sub", "clientId", "resource")
);

-- CreateTable
CREATE TABLE "SigningKey" (
    "kid" TEXT NOT NULL PRIMARY KEY,
    "alg" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Denial" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "reason" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "lifted" BOOLEAN NOT NULL DEFAULT false,
    "deniedAt" DATETIME NOT NULL,
    "onlyOlder" BOOLEAN NOT NULL DEFAULT false,
    "expiresAt" DATETIME
);

-- CreateTable
CREATE TABLE "Revision" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "value" INTEGER NOT NULL
);

-- CreateTable
CREATE TABLE "OnceValue" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "expiresAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "SeedEntry" (
    "kind" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "entry" TEXT NOT NULL,
    "row" TEXT NOT NULL,

    PRIMARY KEY ("kind", "id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Account_login_key" ON "Account"("login");

-- CreateIndex
CREATE INDEX "Note_owner_idx" ON "Note"("owner");

-- CreateIndex
CREATE INDEX "NoteShare_sub_idx" ON "NoteShare"("sub");

-- CreateIndex
CREATE INDEX "LedgerEntry_owner_idx" ON "LedgerEntry"("owner");

-- CreateIndex
CREATE INDEX "Artifact_grantId_idx" ON "Artifact"("grantId");

-- CreateIndex
CREATE INDEX "Artifact_accountId_idx" ON "Artifact"("accountId");

-- CreateIndex
CREATE INDEX "Artifact_sessionUid_idx" ON "Artifact"("sessionUid");

-- CreateIndex
CREATE INDEX "Artifact_userCodeHash_idx" ON "Artifact"("userCodeHash");

-- CreateIndex
CREATE INDEX "Artifact_expiresAt_idx" ON "Artifact"("expiresAt");

-- CreateIndex
CREATE INDEX "SessionClient_expiresAt_idx" ON "SessionClient"("expiresAt");

-- CreateIndex
CREATE INDEX "Consent_clientId_idx" ON "Consent"("clientId");

-- CreateIndex
CREATE INDEX "Denial_revision_idx" ON "Denial"("revision");

-- CreateIndex
CREATE INDEX "Denial_expiresAt_idx" ON "Denial"("expiresAt");

-- CreateIndex
CREATE INDEX "OnceValue_expiresAt_idx" ON "OnceValue"("expiresAt");

-- The one row that every change of standing counts up.
INSERT INTO "Revision" ("name", "value") VALUES ('standing', 0);
