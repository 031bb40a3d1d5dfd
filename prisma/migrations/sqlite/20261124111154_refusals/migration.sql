-- AlterTable
ALTER TABLE "Account" ADD COLUMN "digestSecret" TEXT;
ALTER TABLE "Account" ADD COLUMN "digestUser" TEXT;
ALTER TABLE "Account" ADD COLUMN "totpSecret" TEXT;

-- CreateTable
CREATE TABLE "Throttle" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "count" INTEGER NOT NULL,
    "expiresAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Ageing" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "at" DATETIME NOT NULL,
    "seconds" INTEGER NOT NULL
);

-- CreateTable
CREATE TABLE "Transfer" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "owner" TEXT NOT NULL,
    "payee" TEXT NOT NULL,
    "amount" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_OnceValue" (
    "key" TEXT NOT NULL PRIMARY KEY,
    "highest" INTEGER NOT NULL DEFAULT 0,
    "expiresAt" DATETIME NOT NULL
);
INSERT INTO "new_OnceValue" ("expiresAt", "key") SELECT "expiresAt", "key" FROM "OnceValue";
DROP TABLE "OnceValue";
ALTER TABLE "new_OnceValue" RENAME TO "OnceValue";
CREATE INDEX "OnceValue_expiresAt_idx" ON "OnceValue"("expiresAt");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

-- CreateIndex
CREATE INDEX "Throttle_expiresAt_idx" ON "Throttle"("expiresAt");

-- CreateIndex
CREATE INDEX "Transfer_owner_idx" ON "Transfer"("owner");

-- CreateIndex
CREATE INDEX "Account_digestUser_idx" ON "Account"("digestUser");
