-- AlterTable
ALTER TABLE "SigningKey" ADD COLUMN "signsFrom" TIMESTAMP(3);

-- Those so far sign already.
UPDATE "SigningKey" SET "signsFrom" = "createdAt";
