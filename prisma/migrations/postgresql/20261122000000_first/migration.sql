-- CreateTable
CREATE TABLE "Account" (
    "sub" TEXT NOT NULL,
    "login" TEXT NOT NULL,
    "passwordHash" TEXT NOT NULL,
    "name" TEXT,
    "givenName" TEXT,
    "familyName" TEXT,
    "email" TEXT,
    "emailVerified" BOOLEAN NOT NULL DEFAULT false,
    "picture" TEXT,
    "roles" TEXT NOT NULL DEFAULT '',
    "disabledAt" TIMESTAMP(3),
    "seeded" BOOLEAN NOT NULL DEFAULT false,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Account_pkey" PRIMARY KEY ("sub")
);

-- CreateTable
CREATE TABLE "Client" (
    "clientId" TEXT NOT NULL,
    "metadata" TEXT NOT NULL,
    "secretFingerprint" TEXT,
    "seeded" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" TIMESTAMP(3) NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Client_pkey" PRIMARY KEY ("clientId")
);

-- CreateTable
CREATE TABLE "Resource" (
    "identifier" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "scopes" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "accessTokenTtl" INTEGER NOT NULL,

    CONSTRAINT "Resource_pkey" PRIMARY KEY ("identifier")
);

-- CreateTable
CREATE TABLE "Note" (
    "id" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Note_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "NoteShare" (
    "noteId" TEXT NOT NULL,
    "sub" TEXT NOT NULL,

    CONSTRAINT "NoteShare_pkey" PRIMARY KEY ("noteId","sub")
);

-- CreateTable
CREATE TABLE "LedgerEntry" (
    "id" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "amount" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "bookedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "LedgerEntry_pkey" PRIMARY KEY ("id")
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
    "consumedAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Artifact_pkey" PRIMARY KEY ("model","idHash")
);

-- CreateTable
CREATE TABLE "SessionClient" (
    "sessionUid" TEXT NOT NULL,
    "clientId" TEXT NOT NULL,
    "payload" TEXT NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "SessionClient_pkey" PRIMARY KEY ("sessionUid","clientId")
);

-- CreateTable
CREATE TABLE "Consent" (
    "sub" TEXT NOT NULL,
    "clientId" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "scopes" TEXT NOT NULL,
    "grantedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Consent_pkey" PRIMARY KEY ("sub","clientId","resource")
);

-- CreateTable
CREATE TABLE "SigningKey" (
    "kid" TEXT NOT NULL,
    "alg" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "SigningKey_pkey" PRIMARY KEY ("kid")
);

-- CreateTable
CREATE TABLE "Denial" (
    "key" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "lifted" BOOLEAN NOT NULL DEFAULT false,
    "deniedAt" TIMESTAMP(3) NOT NULL,
    "onlyOlder" BOOLEAN NOT NULL DEFAULT false,
    "expiresAt" TIMESTAMP(3),

    CONSTRAINT "Denial_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "Revision" (
    "name" TEXT NOT NULL,
    "value" INTEGER NOT NULL,

    CONSTRAINT "Revision_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "OnceValue" (
    "key" TEXT NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "OnceValue_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "SeedEntry" (
    "kind" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "entry" TEXT NOT NULL,
    "row" TEXT NOT NULL,

    CONSTRAINT "SeedEntry_pkey" PRIMARY KEY ("kind","id")
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

-- AddForeignKey
ALTER TABLE "NoteShare" ADD CONSTRAINT "NoteShare_noteId_fkey" FOREIGN KEY ("noteId") REFERENCES "Note"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The one row that every change of standing counts up.
INSERT INTO "Revision" ("name", "value") VALUES ('standing', 0);
