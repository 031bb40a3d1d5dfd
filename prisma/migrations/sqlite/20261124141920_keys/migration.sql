-- AlterTable
ALTER TABLE "SigningKey" ADD COLUMN "signsFrom" DATETIME;

-- Those so far sign already.
UPDATE "SigningKey" SET "signsFrom" = "createdAt";
