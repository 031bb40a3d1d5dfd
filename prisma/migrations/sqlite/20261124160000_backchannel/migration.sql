-- CreateTable
CREATE TABLE "LogoutDelivery" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "clientId" TEXT NOT NULL,
    "sub" TEXT NOT NULL,
    "sid" TEXT,
    "createdAt" DATETIME NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAt" DATETIME,
    "leasedUntil" DATETIME,
    "outcome" TEXT,
    "deliveredAt" DATETIME,
    "expiresAt" DATETIME NOT NULL
);

-- CreateIndex
CREATE INDEX "LogoutDelivery_nextAt_idx" ON "LogoutDelivery"("nextAt");

-- CreateIndex
CREATE INDEX "LogoutDelivery_expiresAt_idx" ON "LogoutDelivery"("expiresAt");
